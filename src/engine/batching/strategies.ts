import type { BatchedMigrationDefinition } from '../../catalogue/definition.ts'
import { TrancheError } from '../../shared/errors.ts'
import type { BatchTable } from './batch-table.ts'
import { keysetBatching } from './keyset.ts'
import { looseIndexScanBatching } from './loose-index-scan.ts'
import { isOneInteger, primaryKeyBatching } from './primary-key.ts'
import type { BatchingStrategy } from './strategy.ts'

/** Strategies by the name that a definition gives them. */
const STRATEGIES: ReadonlyMap<string, BatchingStrategy> = new Map([
  ['primary_key', primaryKeyBatching],
  ['keyset', keysetBatching],
  ['loose_index_scan', looseIndexScanBatching],
])

/** Throws strategy_unavailable for one that this version does not have. */
export function getStrategy(name: string): BatchingStrategy {
  const strategy = STRATEGIES.get(name)
  if (strategy !== undefined) return strategy
  throw new TrancheError(
    'strategy_unavailable',
    `this version has no batching strategy "${name}"; it has ${[...STRATEGIES.keys()].join(', ')}`,
    {
      remedy: 'Name one of them in the definition, or use a newer Tranche.',
    },
  )
}

/** The definition's own strategy; else primary_key for one integer column, and keyset for everything else. */
export function strategyNameOf({ strategy }: Pick<BatchedMigrationDefinition, 'strategy'>, table: BatchTable): string {
  return strategy ?? (isOneInteger(table) ? 'primary_key' : 'keyset')
}
