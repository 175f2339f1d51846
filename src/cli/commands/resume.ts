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
    const opened = await session.open({ verb: 'resume' })
    const { engine, confirm } = opened
    const state = await engine.get(reference)
    const { id, jobClassName, status, isAttached } = state
    await confirm(jobClassName)
    const value = await engine.resume(id)
    if (isAttached) {
      const { keepAction } = await import('../attached-actions.ts')
      await keepAction(opened, session, {
        migrationId: id,
        kind: 'resume',
        details: { from: status, to: value.status },
      })
    }
    return { value, text: `✓ ${jobClassName} (${shownId(value)}) is ${value.status}. ${whoDrives(state)}` }
  },
})
