/**
 * Batching over one integer column with a unique index: GitLab's PrimaryKeyBatchingStrategy. A job is a range of keys
 * that are present, so gaps cost nothing; keyset order, never OFFSET.
 */
import { TrancheError } from '../../shared/errors.ts'
import type { BatchTable } from './batch-table.ts'
import { keyBounds, planKeys, spreadKeys } from './key-plan.ts'
import { estimateRows } from './estimate-rows.ts'
import { midpointBy } from './midpoint.ts'
import type { BatchingStrategy } from './strategy.ts'
import { assertUniqueIndex } from './unique-index.ts'

export const primaryKeyBatching: BatchingStrategy = {
  batchClassName: 'PrimaryKeyBatchingStrategy',
  storageOf: () => 'value',
  async assertFits(transaction, table, force) {
    assertOneInteger(table)
    if (!force) await assertUniqueIndex(transaction, table)
  },
  bounds: keyBounds,
  estimate: estimateRows,
  plan: planKeys,
  midpoint: midpointBy(planKeys),
  spread: spreadKeys,
}

/** bigint, integer or smallint, or a domain of them: what GitLab's min_value and max_value hold. */
export function isOneInteger({ columns }: Pick<BatchTable, 'columns'>): boolean {
  return columns.length === 1 && columns[0]?.comparedAs === 'bigint'
}

function assertOneInteger(table: BatchTable): void {
  if (isOneInteger(table)) return
  const described = table.columns.map(({ name, type }) => `${name} (${type})`).join(', ')
  throw new TrancheError(
    'column_unsupported',
    `strategy primary_key batches over one bigint, integer or smallint column; "${table.qualifiedName}" would be batched over ${described}`,
    { remedy: 'Use strategy keyset, or name an integer column with a unique index.' },
  )
}
