import type { BatchedMigrationDefinition } from '../../catalogue/definition.ts'
import { TrancheError } from '../../shared/errors.ts'
import { primaryKeyBatching } from './primary-key.ts'
import type { BatchingStrategy } from './strategy.ts'

/** Strategies by the name that a definition gives them. */
const STRATEGIES: ReadonlyMap<string, BatchingStrategy> = new Map([['primary_key', primaryKeyBatching]])

/** Throws strategy_unavailable for one that this version does not have. */
export function getStrategy(name: string): BatchingStrategy {
  const strategy = STRATEGIES.get(name)
  if (strategy !== undefined) return strategy
  throw new TrancheError(
    'strategy_unavailable',
    `this version has no batching strategy "${name}"; it has ${[...STRATEGIES.keys()].join(', ')}`,
    {
      remedy: 'Batch over one integer column with a unique index, or use a newer Tranche.',
    },
  )
}

/** The definition's own strategy, or the one that fits its columns. */
export function strategyNameOf({ strategy, columns }: BatchedMigrationDefinition): string {
  return strategy ?? (columns.length === 1 ? 'primary_key' : 'keyset')
}
