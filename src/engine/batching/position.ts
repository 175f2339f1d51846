/**
 * Where a key lies between minimum and maximum, for progress. Of a composite key the first column counts in which the two
 * differ: in those before it all keys of the range are the same. Types without a distance (text) have no position.
 */
import { raw, type Sql } from '../../shared/sql.ts'
import type { Key } from '../types.ts'

type Scale = 'integer' | 'number' | 'time' | 'uuid'

export interface Axis {
  /** Which column of the key. */
  readonly index: number
  readonly scale: Scale
}

const SCALES: readonly (readonly [RegExp, Scale])[] = [
  [/^(bigint|integer|smallint)$/, 'integer'],
  [/^(numeric|real|double precision)/, 'number'],
  [/^(timestamp|date)/, 'time'],
  [/^uuid$/, 'uuid'],
]

/** null where the deciding column's type has no distance. `types` as PostgreSQL writes them, column by column. */
export function axisOf(types: readonly string[], min: Key, max: Key): Axis | null {
  const differing = min.findIndex((value, index) => value !== max[index])
  const index = differing === -1 ? 0 : differing
  const scale = SCALES.find(([pattern]) => pattern.test(types[index] ?? ''))?.[1]
  return scale === undefined ? null : { index, scale }
}

/** The position of the key that a `text[]` expression holds, as a number; NULL where that is NULL. */
export function positionSql({ index, scale }: Axis, array: string): Sql {
  const value = `(${array})[${String(index + 1)}]`
  switch (scale) {
    case 'integer':
      return raw(`${value}::numeric`)
    // Infinities and NaN are numbers to double precision alone, on every server.
    case 'number':
      return raw(`${value}::float8`)
    case 'time':
      return raw(`extract(epoch FROM ${value}::timestamptz)::float8`)
    case 'uuid':
      return raw(`('x' || left(replace(${value}, '-', ''), 15))::bit(60)::bigint::numeric`)
  }
}

/** The same in this process, as exact as a double is; NaN where the value has no number (infinity, before Christ). */
export function positionOf({ index, scale }: Axis, key: Key): number {
  const value = key[index] ?? ''
  switch (scale) {
    case 'integer':
    case 'number':
      return Number(value)
    case 'time':
      return Date.parse(isoOf(value))
    case 'uuid':
      return Number.parseInt(value.replaceAll('-', '').slice(0, 13), 16)
  }
}

/** `2026-01-02 03:04:05.123456+00` as JavaScript reads it. */
function isoOf(value: string): string {
  const [date = '', time] = value.split(' ')
  return time === undefined ? date : `${date}T${time.replace(/([+-]\d\d)$/, '$1:00')}`
}
