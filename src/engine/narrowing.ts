/**
 * Failures narrowed to the row: within an error budget, a sub-batch that the database or the author's code refuses is divided
 * in two, again and again, until the rows that fail are alone; those go into the quarantine, the others are migrated. Each part is
 * an ordinary sub-batch with its own guard, transaction and cursor, so that nothing about it is special when it is interrupted.
 */
import { TrancheError } from '../shared/errors.ts'
import { isSameKey } from './backlog.ts'
import type { Slice } from './batching/strategy.ts'
import { createSubBatch } from './batching/sub-batch.ts'
import type { Claim } from './claim.ts'
import { type EngineContext, inTransaction } from './context.ts'
import type { Drive } from './drive.ts'
import { describeException } from './exception.ts'
import { Misuse } from './misuse.ts'
import { NO_OUTCOME, performContext, type Prepared } from './performer.ts'
import { planning } from './planner.ts'
import type { Position } from './position.ts'
import { recordQuarantined, selectRows } from './row-performer.ts'
import { kindOfError, sqlstateOf } from './target/sqlstate.ts'

/** Data that a statement refuses, constraints, and what triggers and functions raise. Anything else is not about rows. */
const ABOUT_ROWS = /^(22|23|P0)/

/** What to do with the sub-batch that failed. */
export type Narrowed =
  { readonly kind: 'parts'; readonly slices: readonly Slice[] } | { readonly kind: 'row'; readonly prepared: Prepared }

/** null: it is not to be narrowed; the failure is that of the job. */
export async function narrow(
  context: EngineContext,
  drive: Drive,
  { claim, predecessor, index }: Position,
  error: unknown,
): Promise<Narrowed | null> {
  const slice = claim.slices[index]
  if (slice === undefined || !isNarrowable(drive, slice, error)) return null
  if (slice.scanned > 1) {
    const slices = await halve(context, drive, { claim, predecessor, slice })
    return { kind: 'parts', slices }
  }
  const source = await sourceOf(context, drive, { claim, predecessor, slice })
  return { kind: 'row', prepared: quarantining(context, drive, { claim, slice, source, error }) }
}

/** A value of a column that is not unique is no row; without a budget none may be passed over. */
function isNarrowable({ errorBudget }: Drive, { values, scanned }: Slice, error: unknown): boolean {
  if (errorBudget === null || values !== undefined || scanned === 0) return false
  if (kindOfError(error) !== 'job' || error instanceof TrancheError || error instanceof Misuse) return false
  const sqlstate = sqlstateOf(error)
  return sqlstate === null || ABOUT_ROWS.test(sqlstate)
}

interface Part {
  readonly claim: Claim
  readonly predecessor: Position['predecessor']
  readonly slice: Slice
}

/** By the keys that are there now; the last part reaches the end of the slice, so that the one behind it still follows. */
async function halve(
  context: EngineContext,
  drive: Drive,
  { claim, predecessor, slice }: Part,
): Promise<readonly Slice[]> {
  const { strategy, scoped } = drive
  const range = { after: predecessor, from: claim.min, until: slice.end }
  const sizes = { limit: null, subBatchSize: Math.ceil(slice.scanned / 2) }
  const plan = await inTransaction(context, (transaction) => strategy.plan(transaction, scoped, range, sizes), {
    ...planning(context, drive),
  })
  const last = plan?.slices.at(-1)
  // Deleted meanwhile: an empty part still moves the cursor.
  if (plan === null || last === undefined) return [{ end: slice.end, scanned: 0 }]
  return [...plan.slices.slice(0, -1), { ...last, end: slice.end }]
}

/** What the author's `onQuarantine` is given of the row, as its `select` reads it now; empty where nobody asks, or it is gone. */
async function sourceOf(
  context: EngineContext,
  drive: Drive,
  { claim, predecessor, slice }: Part,
): Promise<Readonly<Record<string, unknown>>> {
  const { perform } = drive.loaded.definition
  if (typeof perform === 'function' || perform.onQuarantine === undefined) return {}
  const subBatch = createSubBatch(drive.scoped, { after: predecessor, from: claim.min, until: slice.end })
  const base = performContext(context, drive, { jobId: claim.jobId, subBatch })
  const { rows, keys } = await selectRows(context, drive, { perform, performContext: base })
  return rows[keys.findIndex((key) => isSameKey(key, slice.end))] ?? {}
}

interface Failing {
  readonly claim: Claim
  readonly slice: Slice
  readonly source: Readonly<Record<string, unknown>>
  readonly error: unknown
}

/** In place of the author's statement: the row's key goes into the quarantine, as long as the budget allows it. */
function quarantining(context: EngineContext, drive: Drive, { claim, slice, source, error }: Failing): Prepared {
  const { exceptionClass, message } = describeException(error)
  const row = { key: slice.end, source, errorClass: exceptionClass, errorMessage: message, stack: stackOf(error) }
  const { jobId } = claim
  return {
    isStatic: false,
    statement: null,
    async finish(run) {
      try {
        await recordQuarantined(run, context, drive, { jobId, scanned: slice.scanned, rows: [row] })
      } catch (failure) {
        throw asFailureOfJob(failure)
      }
      return { ...NO_OUTCOME, quarantined: [row] }
    },
    abandon() {
      // nothing was begun
    },
  }
}

/** What the author's `onQuarantine` does wrong cannot be narrowed once more: the row is alone already. */
function asFailureOfJob(failure: unknown): unknown {
  if (kindOfError(failure) !== 'job' || failure instanceof TrancheError) return failure
  const { exceptionClass, message } = describeException(failure)
  return new Misuse(`onQuarantine failed: ${exceptionClass}: ${message}`, { cause: failure })
}

const STACK_LINES = 6

/** Of the author's own code; what the database says has none worth reading. */
function stackOf(error: unknown): string {
  if (!(error instanceof Error) || sqlstateOf(error) !== null) return ''
  return (error.stack ?? '').split('\n').slice(0, STACK_LINES).join('\n')
}
