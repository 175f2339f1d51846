/** Below 100: a migration is done when every job succeeded, not when a count says so. */
export const MOST_PERCENT = 99.9

interface Progress {
  readonly percentByRows: number | null
  readonly percentByKey: number | null
}

/** Where as many rows as were estimated are done, more than half of them are: keys that say less are gappy. */
const LEAST_OF_USED_UP = 50

/**
 * The one percentage where there is room for one, from 0 to 99.9; null: unknown. By rows, since gappy keys can stand at 0 % for
 * half of the work; by key where the planner's estimate of the rows is used up and says nothing any more, unless the keys say
 * nothing either.
 */
export function percentDone({ percentByRows, percentByKey }: Progress): number | null {
  const isUsedUp = percentByRows !== null && percentByRows >= MOST_PERCENT
  if (isUsedUp && percentByKey !== null && percentByKey < LEAST_OF_USED_UP) return null
  const percent = isUsedUp ? (percentByKey ?? percentByRows) : (percentByRows ?? percentByKey)
  return percent === null ? null : Math.min(MOST_PERCENT, percent)
}

/** The same from a count. */
export function percentOfRows(scanned: number, totalTupleCount: number | null): number | null {
  return totalTupleCount === null || totalTupleCount === 0
    ? null
    : Math.min(MOST_PERCENT, (scanned * 100) / totalTupleCount)
}
