/**
 * Batching over the distinct values of a column that is indexed and not unique: GitLab's LooseIndexScanBatchingStrategy.
 * Sizes count values, not rows. It has no scope, and rows whose column is NULL are not visited.
 */
import { TrancheError } from '../../shared/errors.ts'
import type { Transaction } from '../target/transaction.ts'
import type { BatchTable } from './batch-table.ts'
import { listIndexedKeys } from './indexed-keys.ts'
import { keyBounds } from './key-plan.ts'
import { assertOrdered } from './keyset.ts'
import { midpointBy } from './midpoint.ts'
import { isOneInteger } from './primary-key.ts'
import type { BatchingStrategy } from './strategy.ts'
import { estimateValues, planValues, spreadValues } from './value-plan.ts'

export const looseIndexScanBatching: BatchingStrategy = {
  batchClassName: 'LooseIndexScanBatchingStrategy',
  storageOf: (table) => (isOneInteger(table) ? 'value' : 'cursor'),
  async assertFits(transaction, table, force) {
    assertOrdered(table)
    if (!force) await assertIndexed(transaction, table)
  },
  bounds: keyBounds,
  estimate: estimateValues,
  plan: planValues,
  midpoint: midpointBy(planValues),
  spread: spreadValues,
}

/** Throws column_not_indexed unless a valid, non-partial index begins with the column. */
async function assertIndexed(transaction: Transaction, { oid, columns, qualifiedName }: BatchTable): Promise<void> {
  const [column] = columns
  const keys = await listIndexedKeys(transaction, oid)
  if (keys.some((key) => key.isOrderedByFirst && key.columns[0] === column?.name)) return
  throw new TrancheError(
    'column_not_indexed',
    `no valid, complete index of "${qualifiedName}" begins with "${column?.name ?? ''}": each of its values would cost a scan of the table`,
    { remedy: 'Create an index on the column, or queue with --force if the table is small.' },
  )
}
