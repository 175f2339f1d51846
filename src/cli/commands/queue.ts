import type { QueueRequest } from '../../engine/types.ts'
import type { CliValues } from '../../shared/cli-output.ts'
import { defineCommand } from '../command.ts'
import { explainUnknownClass } from '../explain-unknown-class.ts'
import { ERROR_BUDGET_FLAG, parseErrorBudget } from '../parse-error-budget.ts'
import { parseJsonArguments } from '../parse-json-arguments.ts'
import type { Input } from '../flags.ts'
import type { Session } from '../session.ts'
import { shownId } from '../subject.ts'
import { queuedText } from '../text/queued-text.ts'

/** How a migration is to be queued; requeue takes them too. */
export const QUEUE_FLAGS = {
  'batch-size': { value: 'N', help: 'rows in a job' },
  'sub-batch-size': { value: 'N', help: 'rows in a statement and its transaction' },
  'max-batch-size': { value: 'N', help: 'the most that the batch size may grow to' },
  interval: { value: 'S', help: 'seconds from the start of a job to the next (work and run --paced)' },
  'pause-ms': { value: 'N', help: 'milliseconds between sub-batches' },
  min: {
    value: 'KEY',
    help: 'first value of the batch column (the smallest there is); of several columns a JSON array',
  },
  max: { value: 'KEY', help: 'last value of the batch column (the largest there is); of several columns a JSON array' },
  'error-budget': ERROR_BUDGET_FLAG,
  paused: { help: 'queue it paused' },
  force: { help: 'queue although no unique index fits the batch column' },
} as const

const FLAGS = {
  args: { value: 'JSON', help: 'job arguments as a JSON array, in the order of the definition' },
  ...QUEUE_FLAGS,
} as const

export const queue = defineCommand({
  name: 'queue',
  operands: { usage: 'CLASS', min: 1, max: 1 },
  flags: FLAGS,
  help: 'Queues the migration with that job class name. The same one with the same arguments a second time is told and changes nothing.',
  onSignal: 'leave',
  async run(input, session) {
    const [jobClassName = ''] = input.operands
    const request = requestOf(jobClassName, input)
    const { engine, catalogue, confirm } = await session.open({ verb: 'queue', catalogue: 'needed' })
    if (catalogue !== null && catalogue.find(jobClassName) === undefined)
      await explainUnknownClass(catalogue, jobClassName)
    await confirm(jobClassName)
    const outcome = await engine.queue(request)
    const { status } = outcome.migration
    if (outcome.duplicate) {
      session.terminal.note(`! ${jobClassName} is queued with these arguments already; nothing was changed.`)
      return { value: outcome, text: `${jobClassName} is migration ${shownId(outcome.migration)} (${status}).` }
    }
    noteWarnings(outcome.warnings, session)
    return { value: outcome, text: `✓ ${queuedText(outcome.migration)}` }
  },
})

/** On stderr: with --json they are in the value too. */
export function noteWarnings(warnings: CliValues['queue']['warnings'], { terminal }: Session): void {
  for (const { detail, remedy } of warnings) terminal.note(`! ${detail}.${remedy === null ? '' : ` ${remedy}`}`)
}

function requestOf(jobClassName: string, input: Input<keyof typeof FLAGS>): QueueRequest {
  const optional = {
    jobArguments: input.text('args') === undefined ? undefined : parseJsonArguments(input.text('args') ?? ''),
    batchSize: input.whole('batch-size', 1),
    subBatchSize: input.whole('sub-batch-size', 1),
    maxBatchSize: input.whole('max-batch-size', 1),
    intervalSeconds: input.whole('interval'),
    pauseMs: input.whole('pause-ms'),
    min: input.text('min'),
    max: input.text('max'),
    errorBudget: parseErrorBudget(input.text('error-budget')),
  }
  const given = Object.fromEntries(
    Object.entries(optional).filter(([, value]) => value !== undefined),
  ) as Partial<QueueRequest> // of the values above
  return { jobClassName, ...given, isPaused: input.isSet('paused'), force: input.isSet('force') }
}
