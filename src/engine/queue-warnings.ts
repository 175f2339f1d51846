/** What does not keep a migration from being queued, and what its operator should know. */
import { formatCount } from '../shared/format-number.ts'
import type { PreflightCheck } from '../shared/queue-plan.ts'
import type { KeyRange } from './batching/key-range.ts'
import { findUnservedScope } from './batching/unserved-scope.ts'
import type { Scoped } from './batching/strategy.ts'
import { checkForcedKey } from './forced-key.ts'
import type { Queueing } from './queueing.ts'
import { checkRandomKeys } from './random-keys.ts'
import type { Transaction } from './target/transaction.ts'

interface Warned extends Pick<Queueing, 'scoped' | 'strategy'> {
  readonly request: Pick<Queueing['request'], 'force'>
}

/** Reads statistics and catalogues only. `range` null: the whole table. */
export async function listWarnings(
  transaction: Transaction,
  { scoped, strategy, request }: Warned,
  range: KeyRange | null,
): Promise<readonly PreflightCheck[]> {
  const checks = [checkRandomKeys(scoped), await checkScope(transaction, scoped, range ?? { until: null })]
  const forced = request.force === true ? await checkForcedKey(transaction, scoped.table, strategy) : []
  return [...forced, ...checks.filter((check) => check !== null)]
}

/** null: nothing is to be said of it. */
async function checkScope(transaction: Transaction, scoped: Scoped, range: KeyRange): Promise<PreflightCheck | null> {
  const unserved = await findUnservedScope(transaction, scoped, range)
  if (unserved === null) return null
  const { rowsInRange, rowsInScope } = unserved
  const columns = scoped.table.columns.map(({ name }) => name).join(', ')
  return {
    name: 'scope without an index',
    outcome: 'warns',
    detail: `no index serves the scope: to find about ${formatCount(rowsInScope)} rows in scope, about ${formatCount(rowsInRange)} are read. Where that takes too long, jobs are made by rows read`,
    remedy: `Create a partial index on (${columns}) with the scope as its condition, or put the condition into perform.`,
  }
}
