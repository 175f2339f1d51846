import { TrancheError } from '../../shared/errors.ts'
import type { PreviewValue } from '../../shared/preview-view.ts'
import { defineCommand } from '../command.ts'
import { explainUnknownClass } from '../explain-unknown-class.ts'
import { parseJobId } from '../parse-job-id.ts'
import { parseJsonArguments } from '../parse-json-arguments.ts'
import { shownId } from '../subject.ts'
import { previewText } from '../text/preview-text.ts'

export const preview = defineCommand({
  name: 'preview',
  operands: { usage: 'CLASS|ID', min: 1, max: 1 },
  flags: {
    rows: { value: 'N', help: 'rows in each of the sub-batches (as many as in a real one; 1000 at most)' },
    job: { value: 'ID', help: 'of this job of the migration: where it would go on' },
    args: { value: 'JSON', help: 'job arguments of a class that is not queued, as for queue' },
    force: { help: 'although no unique index fits the batch column, as for queue' },
  },
  help: 'Runs the first sub-batch of a migration, one in its middle and its last one, each in a transaction that is rolled back: rows before and after, what was written where, and how the server finds the rows. Sequences advance all the same. Refused for definitions that reach other databases or call other services.',
  onSignal: 'leave',
  async run(input, session) {
    const [subject = ''] = input.operands
    const rows = input.whole('rows', 1)
    const size = rows === undefined ? {} : { rows }
    const job = parseJobId(input.text('job'))
    const given = input.text('args')
    const order = {
      jobClassName: subject,
      force: input.isSet('force'),
      ...(given === undefined ? {} : { jobArguments: parseJsonArguments(given) }),
    }
    const { engine, catalogue, confirm } = await session.open({ verb: 'preview', catalogue: 'needed' })
    const queued = job.jobId !== undefined || /^\d+$/.test(subject) ? await engine.get(subject) : null
    if (queued === null && catalogue !== null && catalogue.find(subject) === undefined)
      await explainUnknownClass(catalogue, subject)
    await confirm(queued?.jobClassName ?? subject)
    const value = await engine.preview(
      queued === null ? { queue: order, ...size } : { migrationId: queued.id, ...job, ...size },
    )
    const failure = failureOf(value)
    const text = previewText(value, queued === null ? null : shownId(queued))
    return { value, text, ...(failure === null ? {} : { failure }) }
  },
})

function failureOf(value: PreviewValue): TrancheError | null {
  const failed = value.subBatches.filter(({ error }) => error !== null)
  const [first] = failed
  if (first === undefined) return null
  const message = `the ${first.place} sub-batch of ${value.jobClassName} failed: ${first.error?.message ?? ''}`
  return new TrancheError('preview_failed', message, {
    remedy: 'Nothing was changed. Mend the definition or the rows, and look again.',
    details: { preview: value },
  })
}
