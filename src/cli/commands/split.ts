import { TrancheError } from '../../shared/errors.ts'
import { defineCommand, ONE_ID } from '../command.ts'
import { parseJobId } from '../parse-job-id.ts'
import { shownId } from '../subject.ts'

export const split = defineCommand({
  name: 'split',
  operands: ONE_ID,
  flags: { job: { value: 'ID', help: 'the failed job' } },
  help: 'Divides a failed job in two of half its batch size, each with all its attempts. What was committed stays, and the status of the migration too: retry or run it afterwards.',
  onSignal: 'leave',
  async run(input, session) {
    const [reference = ''] = input.operands
    const { jobId } = parseJobId(input.text('job'))
    if (jobId === undefined)
      throw new TrancheError('usage', 'split needs --job ID', { remedy: 'tranche failures shows the ids.' })
    const { engine, confirm } = await session.open({ verb: 'split', catalogue: 'needed' })
    const state = await engine.get(reference)
    const { id, jobClassName } = state
    await confirm(jobClassName)
    const { secondJobId, batchSize } = await engine.split(id, jobId)
    const what =
      secondJobId === null
        ? `has no more rows than half of its size: it keeps its range, at batch size ${String(batchSize)}, and has its attempts back`
        : `is divided: its second half is job ${secondJobId}, both of batch size ${String(batchSize)}`
    return {
      value: { jobId, secondJobId, batchSize },
      text: `✓ Job ${jobId} of ${jobClassName} (${shownId(state)}) ${what}.`,
    }
  },
})
