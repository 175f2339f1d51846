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

const INTEGER_TYPES = new Set(['bigint', 'integer', 'smallint'])

export const primaryKeyBatching: BatchingStrategy = {
  batchClassName: 'PrimaryKeyBatchingStrategy',
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

function assertOneInteger({ columns, qualifiedName }: BatchTable): void {
  const [column] = columns
  if (columns.length === 1 && column !== undefined && INTEGER_TYPES.has(column.type)) return
  const described = columns.map(({ name, type }) => `${name} (${type})`).join(', ')
  throw new TrancheError(
    'column_unsupported',
    `strategy primary_key batches over one bigint, integer or smallint column; "${qualifiedName}" would be batched over ${described}`,
    {
      remedy: 'Name an integer column with a unique index.',
    },
  )
}
