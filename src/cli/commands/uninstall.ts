import { defineCommand } from '../command.ts'

export const uninstall = defineCommand({
  name: 'uninstall',
  operands: { usage: '', min: 0, max: 0 },
  flags: {},
  help: 'Removes the tracking schema: what is queued, the journal, every proof. The migrated data stays as it is. Always confirmed.',
  onSignal: 'leave',
  async run(_input, session) {
    const { engine, target, confirm, trackingSchema: schema } = await session.open({ verb: 'uninstall' })
    await confirm(schema)
    await engine.uninstall()
    return {
      value: { schema, database: target.database },
      text: `✓ Tracking schema "${schema}" removed from ${target.description}.`,
    }
  },
})
