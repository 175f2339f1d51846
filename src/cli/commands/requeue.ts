import type { RequeueChanges } from '../../engine/requeueing.ts'
import { defineCommand, ONE_ID } from '../command.ts'
import type { Input } from '../flags.ts'
import { parseErrorBudget } from '../parse-error-budget.ts'
import { shownId } from '../subject.ts'
import { queuedText } from '../text/queued-text.ts'
import { noteWarnings, QUEUE_FLAGS } from './queue.ts'

export const requeue = defineCommand({
  name: 'requeue',
  operands: ONE_ID,
  flags: QUEUE_FLAGS,
  help: 'Starts a migration over from the definition as it is now, under a new id: the only reset. What was asked for when it was queued is repeated unless a flag says otherwise. The old rows stay readable in the archive; no data is turned back.',
  onSignal: 'leave',
  async run(input, session) {
    const [reference = ''] = input.operands
    const changes = changesOf(input)
    const { engine, confirm } = await session.open({ verb: 'requeue', catalogue: 'needed' })
    const old = await engine.get(reference)
    const { id, jobClassName } = old
    await confirm(jobClassName)
    const value = await engine.requeue(id, changes)
    noteWarnings(value.warnings, session)
    return { value, text: `✓ Migration ${shownId(old)} is in the archive. ${queuedText(value.migration)}` }
  },
})

function changesOf(input: Input<keyof typeof QUEUE_FLAGS>): RequeueChanges {
  const optional = {
    batchSize: input.whole('batch-size', 1),
    subBatchSize: input.whole('sub-batch-size', 1),
    maxBatchSize: input.whole('max-batch-size', 1),
    intervalSeconds: input.whole('interval'),
    pauseMs: input.whole('pause-ms'),
    min: input.text('min'),
    max: input.text('max'),
    errorBudget: parseErrorBudget(input.text('error-budget')),
    isPaused: input.isSet('paused') ? true : undefined,
    force: input.isSet('force') ? true : undefined,
  }
  return Object.fromEntries(Object.entries(optional).filter(([, value]) => value !== undefined))
}
