/** Keys and their ranges in words: `3`, `(1, 100)`, `3 – 3000`. */

interface Ranged {
  readonly minValue: string | null
  readonly maxValue: string | null
  readonly minCursor: readonly string[] | null
  readonly maxCursor: readonly string[] | null
}

/** A key of several columns stands in parentheses. */
export function keyWords(key: readonly string[]): string {
  const [only = ''] = key
  return key.length === 1 ? only : `(${key.join(', ')})`
}

/** First and last key, both inclusive; null where there is no key at all. */
export function rangeWords(ranged: Ranged): string | null {
  const min = firstOf(ranged.minValue, ranged.minCursor)
  const max = firstOf(ranged.maxValue, ranged.maxCursor)
  return min === null || max === null ? null : `${min} – ${max}`
}

function firstOf(value: string | null, cursor: readonly string[] | null): string | null {
  if (value !== null) return value
  return cursor === null || cursor.length === 0 ? null : keyWords(cursor)
}
