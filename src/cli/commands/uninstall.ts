import { TrancheError } from '../../shared/errors.ts'
import { defineCommand } from '../command.ts'
import type { OpenedDatabase } from '../session.ts'

export const uninstall = defineCommand({
  name: 'uninstall',
  operands: { usage: '', min: 0, max: 0 },
  flags: { print: { help: 'print the SQL for a DBA and connect to nothing' } },
  help: 'Removes the tracking schema: what is queued, the journal, every proof. The migrated data stays as it is. Always confirmed.',
  onSignal: 'leave',
  async run(input, session) {
    if (input.isSet('print')) {
      const { uninstallSql } = await import('../../engine/tracking/uninstall.ts')
      const sql = await uninstallSql(session.trackingSchema)
      return { value: { schema: session.trackingSchema, sql }, text: sql.trimEnd() }
    }
    const { engine, target, confirm, trackingSchema: schema, all } = await session.open({ verb: 'uninstall' })
    if (all.length > 1) throw severalDatabases(all)
    await confirm(schema)
    await engine.uninstall()
    return {
      value: { schema, database: target.database },
      text: `✓ Tracking schema "${schema}" removed from ${target.description}.`,
    }
  },
})

/** What is dropped is dropped in one place, which is named. */
function severalDatabases(all: readonly OpenedDatabase[]): TrancheError {
  const names = all.map(({ database }) => database).join(', ')
  return new TrancheError('usage', `several databases are mapped: ${names}`, {
    remedy: 'Say which one is meant: --database NAME.',
  })
}
