import { expect, test } from 'vitest'
import { formatDuration, formatTime, formatTimeLeft } from '../../src/shared/format-duration.ts'
import { countOf, formatCount, formatEstimate, formatPercent, formatRate } from '../../src/shared/format-number.ts'

test('durations', () => {
  const seconds = [0, 0.037, 0.9996, 1.92, 9.996, 42, 59.96, 125, 3599.6, 3900, 86_399, 100_000]
  expect(seconds.map(formatDuration)).toEqual([
    '0 ms',
    '37 ms',
    '1.00 s',
    '1.92 s',
    '10.0 s',
    '42.0 s',
    '1 m 00 s',
    '2 m 05 s',
    '1 h 00 m',
    '1 h 05 m',
    '1 d 00 h',
    '1 d 04 h',
  ])
})

test('time left is a range in one unit', () => {
  expect(formatTimeLeft({ low: 0.2, high: 0.8 })).toBe('less than 1 s left')
  expect(formatTimeLeft({ low: 38, high: 46 })).toBe('38–46 s left')
  expect(formatTimeLeft({ low: 38 * 60, high: 45.2 * 60 })).toBe('38–46 min left')
  expect(formatTimeLeft({ low: 2 * 3600, high: 2.4 * 3600 })).toBe('2–3 h left')
})

test('numbers', () => {
  expect([0, 999, 1000, 1_234_567, -4321].map(formatCount)).toEqual(['0', '999', '1 000', '1 234 567', '-4 321'])
  expect(formatEstimate(10_400.4)).toBe('~10 400')
  expect([countOf(1, 'row'), countOf(2, 'row'), countOf(0, 'entry', 'entries')]).toEqual([
    '1 row',
    '2 rows',
    '0 entries',
  ])
  expect([99.96, 43.25, 100].map(formatPercent)).toEqual(['99.9 %', '43.2 %', '100.0 %'])
  expect([12_345.4, 9.96, 0].map(formatRate)).toEqual(['12 345 rows/s', '10 rows/s', '0 rows/s'])
  expect(formatTime('2026-11-20T14:02:05.123456Z')).toBe('2026-11-20 14:02:05 UTC')
})
