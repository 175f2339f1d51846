/** What a run has done so far, and how fast: the source of the progress line. Counts are per run, the rate is recent. */
import { type Axis, positionOf } from './batching/position.ts'
import type { Clock } from './ports.ts'
import type { Emitter } from './events.ts'
import type { DoneRows } from './claim.ts'
import type { Key, RowCounts, RunOutcome, RunProgress } from './types.ts'

const EMIT_EVERY_MS = 250
const RATE_WINDOW_MS = 10_000
/** The rate of the next minutes is guessed to lie within this factor of the recent one. */
const ETA_SPREAD = 0.15

export interface TallySubject {
  readonly migrationId: string
  readonly totalTupleCount: number | null
  readonly min: Key
  readonly max: Key
  /** null where keys have no position: progress by key is then unknown. */
  readonly axis: Axis | null
  /** Rows scanned before this run, by anybody. */
  readonly scannedBefore: number
}

export interface Tally {
  jobs(): JobCounts
  /** An attempt at a job is over. */
  endAttempt(jobId: string, attempt: { readonly isSucceeded: boolean }): void
  rows(): RowCounts
  /** Rows that were committed, as far as `end`. */
  add(rows: DoneRows, end: Key): void
  /** Rows scanned so far by everybody, as the tracking tables have it. */
  setScannedByAll(scanned: number): void
  /** Sub-batches were committed whose changed rows nobody knows. */
  loseCounts(): void
  wait(reason: string | null): void
  /** Emits what was not emitted yet. */
  flush(): void
}

export type JobCounts = Pick<RunOutcome, 'jobsRun' | 'jobsFailed' | 'attempts'>

interface Point {
  readonly atMs: number
  readonly scanned: number
}

export function createTally(subject: TallySubject, clock: Clock, emitter: Emitter): Tally {
  let scanned = 0
  let changed = 0
  let unresolved = 0
  let quarantined = 0
  let scannedByOthers = subject.scannedBefore
  let furthest: Key = subject.min
  let isExact = true
  let waitingFor: string | null = null
  let emittedAtMs = 0
  let attempts = 0
  let jobsRun = 0
  // A job that succeeded is not run again, so only those that failed are remembered.
  const everFailed = new Set<string>()
  const failedNow = new Set<string>()
  const points: Point[] = [{ atMs: clock.now().getTime(), scanned: 0 }]

  const snapshot = (atMs: number): RunProgress => {
    const rowsPerSecond = rateOf(points, atMs)
    return {
      migrationId: subject.migrationId,
      jobsRun,
      rows: tally.rows(),
      totalTupleCount: subject.totalTupleCount,
      percentByKey: percentOfRange(subject, furthest),
      rowsPerSecond,
      etaSeconds: etaOf(subject.totalTupleCount, scannedByOthers + scanned, rowsPerSecond),
      waitingFor,
    }
  }
  const emit = (isForced: boolean): void => {
    const atMs = clock.now().getTime()
    if (!isForced && atMs - emittedAtMs < EMIT_EVERY_MS) return
    emittedAtMs = atMs
    emitter.emit('run:progress', snapshot(atMs))
  }
  const tally: Tally = {
    jobs: () => ({ jobsRun, jobsFailed: failedNow.size, attempts }),
    endAttempt(jobId, { isSucceeded }) {
      attempts += 1
      if (!everFailed.has(jobId)) jobsRun += 1
      if (isSucceeded) {
        failedNow.delete(jobId)
        return
      }
      everFailed.add(jobId)
      failedNow.add(jobId)
    },
    rows: () => ({ scanned, changed, unresolved, quarantined, exact: isExact }),
    add(done, end) {
      scanned += done.scanned
      changed += done.changed
      unresolved += done.unresolved
      quarantined += done.quarantined
      if ((percentOfRange(subject, end) ?? 0) > (percentOfRange(subject, furthest) ?? 0)) furthest = end
      waitingFor = null
      const atMs = clock.now().getTime()
      points.push({ atMs, scanned })
      while (points.length > 2 && atMs - (points[1]?.atMs ?? atMs) > RATE_WINDOW_MS) points.shift()
      emit(false)
    },
    setScannedByAll(all) {
      scannedByOthers = Math.max(0, all - scanned)
    },
    loseCounts() {
      isExact = false
    },
    wait(reason) {
      if (reason === waitingFor) return
      waitingFor = reason
      emit(true)
    },
    flush() {
      emit(true)
    },
  }
  return tally
}

function rateOf(points: readonly Point[], atMs: number): number {
  const [first] = points
  const last = points.at(-1)
  if (first === undefined || last === undefined || last.scanned === first.scanned) return 0
  return ((last.scanned - first.scanned) * 1000) / Math.max(1, atMs - first.atMs)
}

function etaOf(total: number | null, scanned: number, rowsPerSecond: number): RunProgress['etaSeconds'] {
  if (total === null || rowsPerSecond === 0 || scanned >= total) return null
  const seconds = (total - scanned) / rowsPerSecond
  return { low: seconds * (1 - ETA_SPREAD), high: seconds * (1 + ETA_SPREAD) }
}

/** Where a key lies between minimum and maximum, in percent; never above 99.9 while something runs. */
function percentOfRange({ min, max, axis }: Pick<TallySubject, 'min' | 'max' | 'axis'>, key: Key): number | null {
  if (axis === null) return null
  const [low, high, at] = [positionOf(axis, min), positionOf(axis, max), positionOf(axis, key)]
  if (high <= low) return 0
  const percent = ((at - low) * 100) / (high - low)
  return Number.isFinite(percent) ? Math.min(99.9, Math.max(0, percent)) : null
}
