/** The range of keys that a migration is queued for: what was asked for, or what is there. Found by two probes of an index. */
import type { LoadedDefinition } from '../catalogue/definition.ts'
import { TrancheError } from '../shared/errors.ts'
import type { BatchingStrategy, Scoped } from './batching/strategy.ts'
import type { RequestedRange } from './requested-range.ts'
import { sqlstateOf } from './target/sqlstate.ts'
import type { Transaction } from './target/transaction.ts'
import type { Key } from './types.ts'

export interface QueuedRange {
  readonly min: Key
  readonly max: Key
  /** The table's own last key now, which may lie above a maximum that was asked for. */
  readonly last: Key
  /** The planner's estimate of the rows in it. */
  readonly estimate: number
}

interface Subject {
  readonly loaded: LoadedDefinition
  readonly scoped: Scoped
  readonly strategy: BatchingStrategy
}

/** null: the table holds no row in the range that was asked for. Throws definition_invalid for a scope that the server refuses. */
export async function fixRange(
  transaction: Transaction,
  { loaded, scoped, strategy }: Subject,
  requested: RequestedRange,
): Promise<QueuedRange | null> {
  const asked = { from: requested.min, until: requested.max }
  const present = await strategy.bounds(transaction, scoped.table, asked)
  if (present === null) return null
  const min = asked.from ?? present.min
  const max = asked.until ?? present.max
  const last =
    asked.until === null
      ? present.max
      : ((await strategy.bounds(transaction, scoped.table, { until: null }))?.max ?? max)
  try {
    return { min, max, last, estimate: await strategy.estimate(transaction, scoped, { from: min, until: max }) }
  } catch (error) {
    if (scoped.scope === null || sqlstateOf(error)?.startsWith('42') !== true) throw error
    throw new TrancheError(
      'definition_invalid',
      `${loaded.definition.jobClassName}: the server refuses the scope: ${error instanceof Error ? error.message : String(error)}`,
      { remedy: 'Correct the scope in the definition.', details: { fields: ['scope'] }, cause: error },
    )
  }
}
