/**
 * Batching over one or several columns of any type that PostgreSQL orders: GitLab's cursor mode. Keys are typed tuples,
 * compared as the index compares them; first and last row are both included.
 */
import { TrancheError } from '../../shared/errors.ts'
import type { BatchTable } from './batch-table.ts'
import { estimateRows } from './estimate-rows.ts'
import { keyBounds, planKeys, spreadKeys } from './key-plan.ts'
import { midpointBy } from './midpoint.ts'
import type { BatchingStrategy } from './strategy.ts'
import { assertUniqueIndex } from './unique-index.ts'

export const keysetBatching: BatchingStrategy = {
  // GitLab says PrimaryKeyBatchingStrategy to its cursor mode too; people should see which of the two it is.
  batchClassName: 'KeysetBatchingStrategy',
  storageOf: () => 'cursor',
  async assertFits(transaction, table, force) {
    assertOrdered(table)
    if (!force) await assertUniqueIndex(transaction, table)
  },
  bounds: keyBounds,
  estimate: estimateRows,
  plan: planKeys,
  midpoint: midpointBy(planKeys),
  spread: spreadKeys,
}

/** Throws column_unsupported for a column whose values have no order, or one that the role's search_path does not find. */
export function assertOrdered({ columns, qualifiedName }: BatchTable): void {
  const without = columns.find(({ isOrdered }) => !isOrdered)
  if (without === undefined) return
  throw new TrancheError(
    'column_unsupported',
    `"${qualifiedName}" cannot be batched over ${without.name}: the type ${without.type} has no order, or its operators are not in the role’s search_path`,
    { remedy: 'Batch over columns of a type that a btree index can hold.' },
  )
}
