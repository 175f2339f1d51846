/**
 * The optimizer: how large the next jobs should be, from how long the last ones took against the interval. Pure; constants and
 * formula are GitLab's (Gitlab::Database::BackgroundMigration::BatchOptimizer), the two deviations are named where they are.
 */

/** Jobs that are looked at, and how fast older ones lose weight: the i-th newest weighs (1 − α)^i. */
export const JOBS_CONSIDERED = 20
const SMOOTHING = 0.4
/** A job should take 90 to 95 % of the interval. */
const LOWEST_EFFICIENCY = 0.9
const HIGHEST_EFFICIENCY = 0.95
const MAX_GROWTH = 1.2
const LARGEST_BATCH = 2_000_000
/** Slowness shrinks no batch below this. */
const FLOOR = 1_000

export interface Timing {
  /** null: it has not succeeded, or a time is missing. */
  readonly seconds: number | null
}

/** Duration over interval; null where one of them says nothing. An interval of 0 is no target. */
export function timeEfficiency({ seconds }: Timing, intervalSeconds: number): number | null {
  return seconds === null || intervalSeconds === 0 ? null : seconds / intervalSeconds
}

/**
 * Exponentially weighted mean of the newest `count` efficiencies (newest first), rounded to two decimals. null with fewer than
 * `count` of them; those that are null themselves are dropped before they are weighed.
 */
export function smoothedEfficiency(
  newestFirst: readonly (number | null)[],
  { count = JOBS_CONSIDERED, alpha = SMOOTHING }: { readonly count?: number; readonly alpha?: number } = {},
): number | null {
  const considered = newestFirst.slice(0, count)
  if (considered.length < count) return null
  const known = considered.filter((efficiency) => efficiency !== null)
  if (known.length === 0) return null
  const weights = known.map((_, index) => (1 - alpha) ** index)
  const weighted = known.reduce((sum, efficiency, index) => sum + efficiency * (weights[index] ?? 0), 0)
  return Math.round((weighted / weights.reduce((sum, weight) => sum + weight, 0)) * 100) / 100
}

export interface Sizes {
  readonly batchSize: number
  readonly subBatchSize: number
  readonly maxBatchSize: number | null
}

export interface Decision {
  readonly batchSize: number
  /** Why it is that: `within_band`, `faster` and `slower` by efficiency, `at_limit` where a limit left it as it was. */
  readonly because: 'within_band' | 'faster' | 'slower' | 'at_limit'
  /** min(0.95 / efficiency, 1.2); 1 within the band. */
  readonly multiplier: number
}

/** null: nothing can be said yet (too few jobs, or an efficiency of 0). */
export function decideBatchSize(efficiency: number | null, sizes: Sizes): Decision | null {
  const { batchSize } = sizes
  if (efficiency === null || efficiency === 0) return null
  if (efficiency >= LOWEST_EFFICIENCY && efficiency <= HIGHEST_EFFICIENCY)
    return { batchSize, because: 'within_band', multiplier: 1 }
  const multiplier = Math.min(HIGHEST_EFFICIENCY / efficiency, MAX_GROWTH)
  const wanted = clamp(Math.trunc(batchSize * multiplier), sizes)
  if (wanted === batchSize) return { batchSize, because: 'at_limit', multiplier }
  return { batchSize: wanted, because: multiplier > 1 ? 'faster' : 'slower', multiplier }
}

/**
 * GitLab clamps to [min(max, 1000), max], which also raises a batch that was queued below 1000 on purpose. Here the floor only
 * stops a larger one from shrinking below it; a small one follows its own efficiency, down to one sub-batch.
 */
function clamp(wanted: number, { batchSize, subBatchSize, maxBatchSize }: Sizes): number {
  const max = maxBatchSize ?? LARGEST_BATCH
  const floor = batchSize >= FLOOR ? Math.min(FLOOR, max) : 1
  return Math.max(subBatchSize, Math.min(max, Math.max(floor, wanted)))
}
