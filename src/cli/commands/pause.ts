import { defineCommand, ONE_ID } from '../command.ts'
import { shownId } from '../subject.ts'

export const pause = defineCommand({
  name: 'pause',
  operands: ONE_ID,
  flags: {},
  help: 'Stops a migration on all machines: each runner ends behind its sub-batch in hand. Never asks.',
  onSignal: 'leave',
  async run({ operands: [reference = ''] }, session) {
    const opened = await session.open({ verb: 'pause' })
    const { engine, confirm } = opened
    const { id, jobClassName, status, isAttached } = await engine.get(reference)
    await confirm(jobClassName)
    const value = await engine.pause(id)
    if (isAttached) {
      const { keepAction } = await import('../attached-actions.ts')
      await keepAction(opened, session, { migrationId: id, kind: 'pause', details: { from: status, to: value.status } })
    }
    const how = isAttached ? "GitLab's workers end with the job in hand" : 'runners end behind their sub-batch in hand'
    return { value, text: `✓ ${jobClassName} (${shownId(value)}) is ${value.status}; ${how}.` }
  },
})
