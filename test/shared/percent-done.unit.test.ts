import { expect, test } from 'vitest'
import { percentDone, percentOfRows } from '../../src/shared/percent-done.ts'

test.each([
  ['by rows, since gappy keys stand at 0 % for half of the work', 40, 0.1, 40],
  ['by key where the estimate of the rows is used up', 99.9, 60, 60],
  ['not at all where the estimate is used up and gappy keys stand at 0 %', 99.9, 0.1, null],
  ['by key where there is no estimate', null, 10, 10],
  ['by rows where keys have no distance', 40, null, 40],
  ['never 100, however much more than estimated was scanned', 99.9, null, 99.9],
  ['unknown where neither is known', null, null, null],
])('is told %s', (_what, percentByRows, percentByKey, expected) => {
  expect(percentDone({ percentByRows, percentByKey })).toBe(expected)
})

test.each([
  [8, 100, 8],
  [150, 100, 99.9],
  [5, 0, null],
  [5, null, null],
])('%d scanned of an estimate of %s', (scanned, total, expected) => {
  expect(percentOfRows(scanned, total)).toBe(expected)
})
