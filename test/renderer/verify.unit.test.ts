import { expect, it } from 'vitest'
import { cellOf } from '../../src/renderer/src/features/verify/check-words.ts'
import { isChanged, sampleFields } from '../../src/renderer/src/features/verify/sample-fields.ts'

it('says built-in checks in a cell', () => {
  const jobs = {
    kind: 'jobs_succeeded',
    expected: '0 unsucceeded jobs',
    found: '2 unsucceeded jobs',
    holds: false,
  } as const
  const coverage = {
    kind: 'coverage',
    expected: '1 to 9 without gap or overlap',
    found: '3 jobs cover 1 to 9',
  } as const
  const sampled = { kind: 'rows', expected: 'each sampled row as expected' } as const
  const count = { kind: 'count', expected: '20', found: 'NULL', holds: false } as const

  expect(
    [
      jobs,
      { ...coverage, holds: true },
      { ...coverage, holds: false, found: '1 gaps or overlaps between jobs' },
      { ...sampled, holds: true, found: '200 rows of 200 sampled keys as expected' },
      { ...sampled, holds: false, found: '2 of 200 rows not as expected' },
      { ...sampled, holds: true, found: 'no row to sample' },
      count,
    ].map((check) => [cellOf(check, 'expected'), cellOf(check, 'found')]),
  ).toEqual([
    ['0', '2'],
    ['0 gaps', '0 gaps'],
    ['0 gaps', '1 gaps or overlaps between jobs'],
    ['all as expected', '200 of 200'],
    ['all as expected', '2 of 200 not'],
    ['all as expected', 'no row to sample'],
    ['20', 'NULL'],
  ])
})

it('puts what changed of a sampled row first, and keeps long values out of the cells', () => {
  const sample = {
    key: ['7'],
    before: { id: 7, account_id: null, doc: { a: 1 }, note: 'x'.repeat(60) },
    after: { id: 7, account_id: 12, doc: { a: 1 }, note: 'x'.repeat(60) },
  }

  expect(
    sampleFields(sample).map(({ column, before, after, isChanged: isNew, isLong }) => [
      column,
      before,
      after,
      isNew,
      isLong,
    ]),
  ).toEqual([
    ['account_id', 'NULL', '12', true, false],
    ['id', '7', '7', false, false],
    ['doc', '{\n  "a": 1\n}', '{\n  "a": 1\n}', false, true],
    ['note', 'x'.repeat(60), 'x'.repeat(60), false, true],
  ])
  expect(isChanged({ ...sample, after: sample.before })).toBe(false)
  expect(sampleFields({ ...sample, after: null }).every(({ after }) => after === null)).toBe(true)
})
