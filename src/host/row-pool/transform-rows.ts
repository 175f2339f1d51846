/** `transform` over the rows of one chunk, a few at a time: one that waits for a service leaves its thread to the others. */
import type { BatchedMigrationDefinition, JobArguments, Log } from '../../catalogue/definition.ts'
import { isUnresolved } from '../../catalogue/row-outcome.ts'
import type { TransformOutcome } from '../../engine/ports.ts'

const ROWS_AT_A_TIME = 8
/** As much of a stack as tells where it was thrown, behind the first line of what it says. */
const STACK_FRAMES = 20

interface Transforming {
  readonly args: JobArguments
  readonly log: Log
  readonly onRow: () => void
}

/** Outcomes in the order of the rows. Throws nothing for a row: what its transform throws is its outcome. */
export async function transformRows(
  { perform, jobClassName }: BatchedMigrationDefinition,
  rows: readonly Record<string, unknown>[],
  { args, log, onRow }: Transforming,
): Promise<readonly TransformOutcome[]> {
  if (typeof perform === 'function') throw new TypeError(`${jobClassName} has no transform`)
  const outcomes: TransformOutcome[] = []
  const pending = rows.entries()
  const next = async (): Promise<void> => {
    for (const [index, row] of pending) {
      outcomes[index] = await outcomeOf(() => perform.transform(row, { args, log }))
      onRow()
    }
  }
  await Promise.all(Array.from({ length: ROWS_AT_A_TIME }, next))
  return outcomes
}

async function outcomeOf(transform: () => unknown): Promise<TransformOutcome> {
  try {
    const value = await transform()
    if (value === null) return { kind: 'unchanged' }
    if (isUnresolved(value)) return { kind: 'unresolved', reason: value.reason }
    if (value === undefined)
      throw new TypeError('transform returned nothing; return null for a row that stays as it is')
    // What cannot be passed on is this row's own fault, and must not take the chunk with it.
    return { kind: 'value', value: structuredClone(value) }
  } catch (error) {
    return raised(error)
  }
}

function raised(error: unknown): TransformOutcome {
  if (!(error instanceof Error)) {
    return { kind: 'raised', errorClass: typeof error, message: String(error), stack: '' }
  }
  const { name, message, stack = '' } = error
  // Few authors set `name` on their own errors; the class is what tells them apart.
  const errorClass = name === 'Error' && error.constructor.name !== '' ? error.constructor.name : name
  return { kind: 'raised', errorClass, message, stack: cutStack(stack) }
}

/** A message of many lines stands whole in the stack again, and would leave no room for the frames. */
function cutStack(stack: string): string {
  const [first = '', ...lines] = stack.split('\n')
  return [first, ...lines.filter((line) => /^\s+at /.test(line)).slice(0, STACK_FRAMES)].join('\n')
}
