import type { InstallOutcome } from '../../engine/engine.ts'
import { defineCommand } from '../command.ts'

export const install = defineCommand({
  name: 'install',
  operands: { usage: '', min: 0, max: 0 },
  flags: { print: { help: 'print the SQL for a DBA and connect to nothing' } },
  help: 'Creates the tracking schema in the target, or brings it to the version that this program needs. Where several databases are mapped, in each. May be repeated.',
  onSignal: 'leave',
  async run(input, session) {
    const { trackingSchema: schema } = session
    if (input.isSet('print')) {
      const { installSql } = await import('../../engine/tracking/install.ts')
      const sql = await installSql(schema)
      return { value: { schema, sql }, text: sql.trimEnd() }
    }
    const { all } = await session.open({ verb: 'install' })
    for (const { confirm } of all) await confirm(schema)
    const databases: ({ readonly database: string } & Omit<InstallOutcome, 'schema'>)[] = []
    const lines: string[] = []
    for (const { engine, target, database } of all) {
      const outcome = await engine.install()
      const what = outcome.installed ? 'installed' : 'was installed already'
      const { installed, schemaVersion } = outcome
      databases.push({ database, installed, schemaVersion })
      lines.push(
        `✓ Tracking schema "${schema}" ${what} in ${target.description} (version ${String(outcome.schemaVersion)}).`,
      )
    }
    const [{ installed, schemaVersion } = { installed: false, schemaVersion: 0 }] = databases
    return { value: { installed, schema, schemaVersion, databases }, text: lines.join('\n') }
  },
})
