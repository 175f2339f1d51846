import { defineCommand, ONE_ID } from '../command.ts'
import { shownId } from '../subject.ts'
import { whoDrives } from '../text/who-drives.ts'

export const resume = defineCommand({
  name: 'resume',
  operands: ONE_ID,
  flags: {},
  help: 'Makes a paused migration active again. It is driven by the next run or work.',
  onSignal: 'leave',
  async run({ operands: [reference = ''] }, session) {
    const { engine, confirm } = await session.open({ verb: 'resume' })
    const state = await engine.get(reference)
    const { id, jobClassName } = state
    await confirm(jobClassName)
    const value = await engine.resume(id)
    return { value, text: `✓ ${jobClassName} (${shownId(value)}) is ${value.status}. ${whoDrives(state)}` }
  },
})
