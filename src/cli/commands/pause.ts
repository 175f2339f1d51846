import { defineCommand, ONE_ID } from '../command.ts'

export const pause = defineCommand({
  name: 'pause',
  operands: ONE_ID,
  flags: {},
  help: 'Stops a migration on all machines: each runner ends behind its sub-batch in hand. Never asks.',
  onSignal: 'leave',
  async run({ operands: [reference = ''] }, session) {
    const { engine, confirm } = await session.open({ verb: 'pause' })
    const { id, jobClassName } = await engine.get(reference)
    await confirm(jobClassName)
    const value = await engine.pause(id)
    return { value, text: `✓ ${jobClassName} (${id}) is ${value.status}; runners end behind their sub-batch in hand.` }
  },
})
