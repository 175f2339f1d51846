/** Where cells of the strip lie, and what each of them says. Pure: the canvas and the tests use the same numbers. */
import type { MigrationView } from '../../../../shared/app-state.ts'
import type { JobCountsValue } from '../../../../shared/cli-output.ts'
import type { JobCell } from '../../../../shared/job-view.ts'
import { isPastRun } from '../../../../shared/status.ts'

/** Of a full strip; with fewer jobs than a row holds, cells are wider. */
const PITCH = 8
const WIDEST_PITCH = 40
export const ROW_HEIGHT = 14
export const GUTTER = 48
/** More cells than this are drawn as buckets, each with its worst status. */
const MAX_CELLS = 4_000

export type CellStatus = 'pending' | 'holding' | 'running' | 'failed' | 'retrying' | 'retried' | 'done'

export interface StripCell {
  readonly status: CellStatus
  /** 1 (fast) to 5 (slow), inside `done` only. */
  readonly step: number
  /** Indices of the jobs in this cell; empty: not made yet. */
  readonly first: number
  readonly count: number
}

export interface StripLayout {
  readonly cells: readonly StripCell[]
  readonly perCell: number
  readonly columns: number
  readonly rows: number
  /** From one cell to the next; a cell is one narrower. */
  readonly pitch: number
}

interface Coming {
  /** Jobs that are not made yet, by estimate. */
  readonly toCome: number
  /** The next one waits for health. */
  readonly isOnHold: boolean
}

export function layOutStrip(jobs: readonly JobCell[], { toCome, isOnHold }: Coming, width: number): StripLayout {
  const perCell = Math.max(1, Math.ceil((jobs.length + toCome) / MAX_CELLS))
  const step = stepsOf(jobs)
  const made: StripCell[] = []
  for (let first = 0; first < jobs.length; first += perCell) {
    const group = jobs.slice(first, first + perCell)
    const slowest = Math.max(1, ...group.map(step))
    made.push({ status: worstOf(group), step: slowest, first, count: group.length })
  }
  const coming = Array.from({ length: Math.ceil(toCome / perCell) }, (): StripCell => ({
    status: 'pending',
    step: 0,
    first: jobs.length,
    count: 0,
  }))
  const cells = isOnHold ? withHeld([...made, ...coming]) : [...made, ...coming]
  const available = Math.max(PITCH, width - GUTTER)
  const pitch = Math.max(PITCH, Math.min(WIDEST_PITCH, Math.floor(available / Math.max(1, cells.length))))
  const columns = Math.max(1, Math.floor(available / pitch))
  return { cells, perCell, columns, rows: Math.max(1, Math.ceil(cells.length / columns)), pitch }
}

/** The first one that waits for its turn. */
function withHeld(cells: readonly StripCell[]): readonly StripCell[] {
  const next = cells.findIndex(({ status }) => status === 'pending')
  return cells.map((cell, index) => (index === next ? { ...cell, status: 'holding' } : cell))
}

const WORST: readonly CellStatus[] = ['failed', 'running', 'retrying', 'pending', 'retried', 'done']

function worstOf(group: readonly JobCell[]): CellStatus {
  const present = new Set(group.map(cellStatus))
  return WORST.find((status) => present.has(status)) ?? 'pending'
}

function cellStatus({ status, isBlocked, attempts }: JobCell): CellStatus {
  switch (status) {
    case 'pending':
      return 'pending'
    case 'running':
      return 'running'
    case 'failed':
      return isBlocked ? 'failed' : 'retrying'
    case 'succeeded':
      return attempts > 1 ? 'retried' : 'done'
  }
}

/** Time per row on a log scale between the quickest and the slowest of this migration, in five steps. */
function stepsOf(jobs: readonly JobCell[]): (job: JobCell) => number {
  const logs = jobs.flatMap((job) => logPerRow(job) ?? []).sort((a, b) => a - b)
  const low = logs[Math.floor(logs.length * 0.05)] ?? 0
  const high = logs[Math.ceil(logs.length * 0.95) - 1] ?? 0
  // Below a factor of two between them, differences are noise.
  const range = Math.max(high - low, Math.log(2))
  return (job) => {
    const log = logPerRow(job)
    if (log === null) return 3
    return Math.min(5, Math.max(1, 1 + Math.round(((log - low) / range) * 4)))
  }
}

function logPerRow({ seconds, scanned }: JobCell): number | null {
  return seconds === null || seconds <= 0 || scanned === 0 ? null : Math.log(seconds / scanned)
}

/** The cell under a point, or null beside the strip. */
export function cellAt({ cells, columns, pitch }: StripLayout, x: number, y: number): number | null {
  const column = Math.floor((x - GUTTER) / pitch)
  const index = Math.floor(y / ROW_HEIGHT) * columns + column
  return column < 0 || column >= columns || index < 0 || index >= cells.length ? null : index
}

/** By status, from the cells themselves, so that strip, legend and headline are of one moment. */
export function countJobs(jobs: readonly JobCell[]): JobCountsValue {
  const count = (is: (job: JobCell) => boolean): number => jobs.filter(is).length
  return {
    pending: count(({ status }) => status === 'pending'),
    running: count(({ status }) => status === 'running'),
    retriable: count(({ status, isBlocked }) => status === 'failed' && !isBlocked),
    blocked: count(({ status, isBlocked }) => status === 'failed' && isBlocked),
    succeeded: count(({ status }) => status === 'succeeded'),
  }
}

interface Remainder {
  readonly totalTupleCount: number | null
  readonly batchSize: number
  readonly percentByKey: number | null
}

/**
 * Jobs that are still to be made, by estimate: rows in no job yet, at the batch size of now. One that is under way counts
 * whole, so that the number stands still while it runs.
 */
export function jobsToCome(jobs: readonly JobCell[], { totalTupleCount, batchSize, percentByKey }: Remainder): number {
  if (totalTupleCount !== null) {
    const covered = jobs.reduce(
      (sum, { status, scanned }) => sum + (status === 'succeeded' ? scanned : Math.max(scanned, batchSize)),
      0,
    )
    return Math.max(0, Math.ceil((totalTupleCount - covered) / batchSize))
  }
  if (percentByKey === null || percentByKey <= 0) return 0
  return Math.max(0, Math.round((jobs.length * 100) / percentByKey) - jobs.length)
}

/** The same from a migration: nothing is to come where it is past its run, or where a job ends with the range. */
export function jobsToComeOf(jobs: readonly JobCell[], { state }: Pick<MigrationView, 'state'>): number {
  const { status, totalTupleCount, batchSize, progress } = state
  if (isPastRun(status) || jobs.some((job) => endsTheRange(job, state))) return 0
  return jobsToCome(jobs, { totalTupleCount, batchSize, percentByKey: progress.percentByKey })
}

function endsTheRange({ max }: JobCell, { maxValue, maxCursor }: MigrationView['state']): boolean {
  if (maxValue !== null) return max === maxValue
  if (maxCursor === null) return false
  // A cursor's text is its JSON.
  const values: unknown = JSON.parse(max)
  return Array.isArray(values) && maxCursor.every((value, index) => String(values[index]) === value)
}
