import { expect, it } from 'vitest'
import { lanesOf, scaleTop, withoutOutliers } from '../../src/renderer/src/features/run/lane-data.ts'
import {
  cellAt,
  countJobs,
  jobsToCome,
  jobsToComeOf,
  layOutStrip,
} from '../../src/renderer/src/features/run/strip-layout.ts'
import type { JobCell } from '../../src/shared/job-view.ts'
import { migrationState } from '../support/migration-state.ts'

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
  const layout = layOutStrip(jobs(300), { toCome: 50, isOnHold: false }, 1_000)

  expect(layout.cells).toHaveLength(350)
  const { columns, pitch } = layout
  expect(cellAt(layout, 48 + pitch * 3 + 1, 14 * 2 + 1)).toBe(2 * columns + 3)
  expect([cellAt(layout, 10, 5), cellAt(layout, 60, 14 * layout.rows + 1)]).toEqual([null, null])
})

it('draws more than 4 000 jobs as buckets, each with its worst status and its count', () => {
  const many = jobs(9_000).map((job, index) =>
    index === 4 ? { ...job, status: 'failed' as const, isBlocked: true } : job,
  )

  const { cells, perCell } = layOutStrip(many, { toCome: 0, isOnHold: false }, 1_000)

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
    { toCome: 1, isOnHold: false },
    1_000,
  )

  expect(cells.map(({ status }) => status)).toEqual(['failed', 'retrying', 'retried', 'running', 'pending'])
})

it('marks the job that waits for health: the next one', () => {
  const { cells } = layOutStrip([jobCell(1), jobCell(2)], { toCome: 2, isOnHold: true }, 1_000)

  expect(cells.map(({ status }) => status)).toEqual(['done', 'done', 'holding', 'pending'])
})

it('expects jobs for rows that nobody scanned, beside those that are under way', () => {
  const made = [...jobs(4), jobCell(5, { status: 'running', scanned: 3 })]

  expect(jobsToCome(made, { totalTupleCount: 100, batchSize: 10, percentByKey: null })).toBe(5)
  expect(jobsToCome(made, { totalTupleCount: 20, batchSize: 10, percentByKey: null })).toBe(0)
  expect(jobsToCome(made, { totalTupleCount: null, batchSize: 10, percentByKey: 50 })).toBe(5)
  expect(jobsToCome([], { totalTupleCount: null, batchSize: 10, percentByKey: null })).toBe(0)
})

it('expects no more jobs once one ends with the range, whatever was estimated', () => {
  const state = migrationState({ status: 'failed', totalTupleCount: 1_000, batchSize: 10, maxValue: '49' })
  const keyed = { ...state, maxValue: null, maxCursor: ['7', 'z'] }

  expect(jobsToComeOf(jobs(3), { state })).toBe(97)
  expect(jobsToComeOf([...jobs(3), jobCell(4)], { state })).toBe(0)
  expect(jobsToComeOf([jobCell(1, { max: '["7", "y"]' })], { state: keyed })).toBe(99)
  expect(jobsToComeOf([jobCell(1, { max: '["7", "z"]' })], { state: keyed })).toBe(0)
})

it('expects the same jobs at any moment of the one that runs', () => {
  const all = [0, 3, 9, 10].map((scanned) => {
    const made = [...jobs(4), jobCell(5, { status: 'running', scanned })]
    return made.length + jobsToCome(made, { totalTupleCount: 1_995, batchSize: 10, percentByKey: null })
  })

  expect(new Set(all)).toEqual(new Set([200]))
})

it('counts jobs by what their cells say', () => {
  const made = [...jobs(3), jobCell(4, { status: 'running' }), jobCell(5, { status: 'failed', isBlocked: true })]

  expect(countJobs(made)).toEqual({ pending: 0, running: 1, retriable: 0, blocked: 1, succeeded: 3 })
})

it('spreads the rows of jobs over their time, so that all of them are counted once', () => {
  const lanes = lanesOf(jobs(20), null)

  const counted = lanes?.rates.reduce((sum, { value, seconds }) => sum + value * seconds, 0)
  expect(counted).toBeCloseTo(200)
  expect(lanes).toMatchObject({ medianRate: 10, medianSeconds: 1 })
  expect(lanesOf([jobCell(1, { seconds: null, startedAtMs: null })], null)).toBeNull()
})

it('draws a level line for even work, also where time passes between two jobs', () => {
  const spaced = Array.from({ length: 40 }, (_, index) => jobCell(index, { startedAtMs: index * 3_000, seconds: 1 }))

  const values = lanesOf(spaced, 120_000)?.rates.map(({ value }) => value) ?? []

  expect(Math.min(...values)).toBeGreaterThan(2)
  expect(Math.max(...values)).toBeLessThan(5)
})

it('ends scales at round numbers', () => {
  expect([0, 0.07, 7, 12, 31, 480].map(scaleTop)).toEqual([1, 0.1, 10, 15, 50, 500])
})

it('does not let one outlier flatten all others', () => {
  const even = Array.from({ length: 40 }, (_, index) => 40 + index)

  expect(withoutOutliers([...even, 3_500])).toBe(79)
  expect(withoutOutliers([...even, 100])).toBe(100)
  expect(withoutOutliers([5, 50])).toBe(50)
  expect(withoutOutliers([0, 0, 0])).toBe(0)
  expect(withoutOutliers([])).toBe(0)
})
