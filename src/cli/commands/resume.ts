import { defineCommand, ONE_ID } from '../command.ts'

export const resume = defineCommand({
  name: 'resume',
  operands: ONE_ID,
  flags: {},
  help: 'Makes a paused migration active again. It is driven by the next run or work.',
  onSignal: 'leave',
  async run({ operands: [reference = ''] }, session) {
    const { engine, confirm } = await session.open({ verb: 'resume' })
    const { id, jobClassName } = await engine.get(reference)
    await confirm(jobClassName)
    const value = await engine.resume(id)
    return { value, text: `✓ ${jobClassName} (${id}) is ${value.status}. Drive it with: tranche run ${id}` }
  },
})
