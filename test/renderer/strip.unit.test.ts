import { expect, it } from 'vitest'
import { lanesOf, scaleTop } from '../../src/renderer/src/features/run/lane-data.ts'
import { cellAt, jobsToCome, layOutStrip } from '../../src/renderer/src/features/run/strip-layout.ts'
import type { JobCell } from '../../src/shared/job-view.ts'

function jobCell(id: number, more: Partial<JobCell> = {}): JobCell {
  return {
    id: String(id),
    status: 'succeeded',
    min: String(id * 10),
    max: String(id * 10 + 9),
    attempts: 1,
    isBlocked: false,
    scanned: 10,
    changed: 10,
    startedAtMs: id * 1_000,
    seconds: 1,
    ...more,
  }
}

const jobs = (count: number): JobCell[] => Array.from({ length: count }, (_, index) => jobCell(index + 1))

it('gives every job a cell, and every cell a place that leads back to it', () => {
  const layout = layOutStrip(jobs(300), 50, 1_000)

  expect(layout.cells).toHaveLength(350)
  const { columns, pitch } = layout
  expect(cellAt(layout, 48 + pitch * 3 + 1, 14 * 2 + 1)).toBe(2 * columns + 3)
  expect([cellAt(layout, 10, 5), cellAt(layout, 60, 14 * layout.rows + 1)]).toEqual([null, null])
})

it('draws more than 4 000 jobs as buckets, each with its worst status and its count', () => {
  const many = jobs(9_000).map((job, index) =>
    index === 4 ? { ...job, status: 'failed' as const, isBlocked: true } : job,
  )

  const { cells, perCell } = layOutStrip(many, 0, 1_000)

  expect(perCell).toBe(3)
  expect(cells).toHaveLength(3_000)
  expect(cells.slice(0, 3).map(({ status, count }) => [status, count])).toEqual([
    ['done', 3],
    ['failed', 3],
    ['done', 3],
  ])
})

it('tells failed for good from failed with attempts left, and succeeded at once from after a retry', () => {
  const { cells } = layOutStrip(
    [
      jobCell(1, { status: 'failed', isBlocked: true }),
      jobCell(2, { status: 'failed' }),
      jobCell(3, { attempts: 2 }),
      jobCell(4, { status: 'running', seconds: null }),
    ],
    1,
    1_000,
  )

  expect(cells.map(({ status }) => status)).toEqual(['failed', 'retrying', 'retried', 'running', 'pending'])
})

it('expects jobs for rows that nobody scanned, beside those that are under way', () => {
  const made = [...jobs(4), jobCell(5, { status: 'running', scanned: 3 })]

  expect(jobsToCome(made, { totalTupleCount: 100, batchSize: 10, scanned: 43, percentByKey: null })).toBe(5)
  expect(jobsToCome(made, { totalTupleCount: 20, batchSize: 10, scanned: 43, percentByKey: null })).toBe(0)
  expect(jobsToCome(made, { totalTupleCount: null, batchSize: 10, scanned: 43, percentByKey: 50 })).toBe(5)
  expect(jobsToCome([], { totalTupleCount: null, batchSize: 10, scanned: 0, percentByKey: null })).toBe(0)
})

it('spreads the rows of jobs over their time, so that all of them are counted once', () => {
  const lanes = lanesOf(jobs(20), null)

  const bucketSeconds = ((lanes?.toMs ?? 0) - (lanes?.fromMs ?? 0)) / 1_000 / (lanes?.rates.length ?? 1)
  const counted = lanes?.rates.reduce((sum, { value }) => sum + value * bucketSeconds, 0)
  expect(counted).toBeCloseTo(200)
  expect(lanes).toMatchObject({ medianRate: 10, medianSeconds: 1 })
  expect(lanesOf([jobCell(1, { seconds: null, startedAtMs: null })], null)).toBeNull()
})

it('ends scales at round numbers', () => {
  expect([0, 0.07, 7, 12, 31, 480].map(scaleTop)).toEqual([1, 0.1, 10, 15, 50, 500])
})
