/** Where a range is divided. The same for every strategy: its first `size` keys, and what lies behind them. */
import type { Transaction } from '../target/transaction.ts'
import type { Key } from '../types.ts'
import type { KeyRange } from './key-range.ts'
import type { BatchingStrategy, Midpoint, Scoped } from './strategy.ts'

type Plan = BatchingStrategy['plan']

/** `midpoint` of a strategy, out of its `plan`. */
export function midpointBy(plan: Plan): BatchingStrategy['midpoint'] {
  return async (transaction, scoped, range, size) => {
    const sizes = { limit: size, subBatchSize: size }
    const first = await plan(transaction, scoped, range, sizes)
    if (first === null) return { kind: 'empty' }
    return divide(first.max, await nextBehind(plan, { transaction, scoped, range }, first.max))
  }
}

function divide(end: Key, next: Key | null): Midpoint {
  return next === null ? { kind: 'whole' } : { kind: 'divided', end, next }
}

/** Asked for apart, since a column that was forced may hold the last key several times. */
async function nextBehind(
  plan: Plan,
  {
    transaction,
    scoped,
    range,
  }: { readonly transaction: Transaction; readonly scoped: Scoped; readonly range: KeyRange },
  end: Key,
): Promise<Key | null> {
  const rest = await plan(transaction, scoped, { after: end, until: range.until }, { limit: 1, subBatchSize: 1 })
  return rest?.min ?? null
}
