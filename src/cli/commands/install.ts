import { defineCommand } from '../command.ts'

export const install = defineCommand({
  name: 'install',
  operands: { usage: '', min: 0, max: 0 },
  flags: { print: { help: 'print the SQL for a DBA and connect to nothing' } },
  help: 'Creates the tracking schema in the target, or brings it to the version that this program needs. May be repeated.',
  onSignal: 'leave',
  async run(input, session) {
    const { trackingSchema: schema } = session
    if (input.isSet('print')) {
      const { installSql } = await import('../../engine/tracking/install.ts')
      const sql = await installSql(schema)
      return { value: { schema, sql }, text: sql.trimEnd() }
    }
    const { engine, target, confirm } = await session.open({ verb: 'install' })
    await confirm(schema)
    const outcome = await engine.install()
    const what = outcome.installed ? 'installed' : 'was installed already'
    return {
      value: outcome,
      text: `✓ Tracking schema "${schema}" ${what} in ${target.description} (version ${String(outcome.schemaVersion)}).`,
    }
  },
})
