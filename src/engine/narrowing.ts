/**
 * Failures narrowed to the row: within an error budget, a sub-batch that the database or the author's code refuses is divided
 * in two, again and again, until the rows that fail are alone; those go into the quarantine, the others are migrated. Each part is
 * an ordinary sub-batch with its own guard, transaction and cursor, so that nothing about it is special when it is interrupted.
 */
import { TrancheError } from '../shared/errors.ts'
import type { Slice } from './batching/strategy.ts'
import type { Claim } from './claim.ts'
import { type EngineContext, inTransaction } from './context.ts'
import type { Drive } from './drive.ts'
import { keepWithinBudget } from './error-budget.ts'
import { describeException } from './exception.ts'
import { Misuse } from './misuse.ts'
import { NO_OUTCOME, type Prepared } from './performer.ts'
import { planning } from './planner.ts'
import type { Position } from './position.ts'
import { kindOfError, sqlstateOf } from './target/sqlstate.ts'
import { quarantineRows } from './tracking/quarantine-rows.ts'

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
  return { kind: 'row', prepared: quarantining(context, drive, { claim, slice, error }) }
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

/** In place of the author's statement: the row's key goes into the quarantine, as long as the budget allows it. */
function quarantining(
  { tables }: EngineContext,
  { migration, errorBudget: budget }: Drive,
  { claim, slice, error }: { readonly claim: Claim; readonly slice: Slice; readonly error: unknown },
): Prepared {
  const { exceptionClass, message } = describeException(error)
  const row = { key: slice.end, source: {}, errorClass: exceptionClass, errorMessage: message, stack: stackOf(error) }
  return {
    isStatic: false,
    statement: null,
    async finish(run) {
      const migrationId = migration.id
      await run(quarantineRows(tables, { migrationId, jobId: claim.jobId, rows: [row] }))
      if (budget !== null) {
        await keepWithinBudget(run, { tables, migrationId, budget, scanned: slice.scanned, latest: [row] })
      }
      return { ...NO_OUTCOME, quarantined: [row] }
    },
    abandon() {
      // nothing was begun
    },
  }
}

const STACK_LINES = 6

/** Of the author's own code; what the database says has none worth reading. */
function stackOf(error: unknown): string {
  if (!(error instanceof Error) || sqlstateOf(error) !== null) return ''
  return (error.stack ?? '').split('\n').slice(0, STACK_LINES).join('\n')
}
