/**
 * How long a migration will still take: a range, from how fast it went lately, with what it rests on; or why nobody can say.
 * Pure. Time on hold and between jobs is part of the recent past, and so of the estimate; time in which nobody drove it is not.
 */
import { formatDuration } from './format-duration.ts'
import { countOf, formatCount } from './format-number.ts'
import { isPastRun, type MigrationStatus } from './status.ts'

export interface TimeLeft {
  readonly lowSeconds: number
  readonly highSeconds: number
  /** What it rests on; a clause without a full stop. */
  readonly basis: string
}

/** How long it will still take, or null with the reason. */
export interface TimeLeftValue {
  readonly timeLeft: TimeLeft | null
  readonly timeLeftUnknownBecause: string | null
}

type TimeLeftOrNot =
  { readonly left: TimeLeft; readonly because: null } | { readonly left: null; readonly because: string }

/** A succeeded job of late, by the server's clock. */
export interface RecentJob {
  readonly startedAtSeconds: number
  readonly finishedAtSeconds: number
  readonly scanned: number
}

export interface TimeSpan {
  readonly fromSeconds: number
  readonly toSeconds: number
}

export interface TimeLeftInput {
  readonly status: MigrationStatus
  readonly isDriven: boolean
  /** Who drives it cannot be seen. */
  readonly isAttached: boolean
  /** The last jobs that succeeded, in any order. */
  readonly recent: readonly RecentJob[]
  readonly nowSeconds: number
  /** Of the recent past: how much of it was spent on hold. */
  readonly heldSeconds: number
  /** When it was paused, or nobody was there. */
  readonly idle: readonly TimeSpan[]
  readonly intervalSeconds: number
  readonly scanned: number
  /** An estimate. */
  readonly totalTupleCount: number | null
  readonly percentByKey: number | null
}

/** At least this much to either side: the past is never a promise. */
const SPREAD = 0.1
/** Without a runner it counts as driven this many intervals after its last job: a scheduler comes and goes. */
const IDLE_INTERVALS = 3
const IDLE_SECONDS = 60

export function timeLeft(input: TimeLeftInput): TimeLeftOrNot {
  const { status, recent } = input
  if (isPastRun(status)) return unknown('nothing is left to do')
  if (status === 'paused' || status === 'failed') return unknown(`it is ${status}: nothing goes on by itself`)
  if (recent.length === 0) return unknown('no job has succeeded yet')
  if (!isGoingOn(input)) return unknown(input.isAttached ? 'no job of it has ended lately' : 'nobody drives it now')
  const remaining = remainingOf(input)
  if (remaining === null) return unknown('neither the number of rows nor the position in the key range is known')
  const rates = ratesOf(input)
  const fastest = Math.max(...rates)
  const slowest = Math.min(...rates)
  if (!(slowest > 0)) return unknown('the last jobs had no row to go by')
  const lowSeconds = Math.round((remaining.rows / fastest) * (1 - SPREAD))
  const highSeconds = Math.round((remaining.rows / slowest) * (1 + SPREAD))
  return { left: { lowSeconds, highSeconds, basis: basisOf(input, remaining.by) }, because: null }
}

function unknown(because: string): TimeLeftOrNot {
  return { left: null, because }
}

function isGoingOn({ isDriven, recent, nowSeconds, intervalSeconds }: TimeLeftInput): boolean {
  const last = Math.max(...recent.map(({ finishedAtSeconds }) => finishedAtSeconds))
  return isDriven || nowSeconds - last < Math.max(IDLE_SECONDS, IDLE_INTERVALS * intervalSeconds)
}

/** Rows to come: by the estimate while it holds, else by what the rest of the key range would hold at this density. */
function remainingOf({
  scanned,
  totalTupleCount,
  percentByKey,
}: TimeLeftInput): { rows: number; by: 'rows' | 'keys' } | null {
  if (totalTupleCount !== null && totalTupleCount > scanned) return { rows: totalTupleCount - scanned, by: 'rows' }
  if (percentByKey === null || percentByKey === 0) return null
  return { rows: (scanned * (100 - percentByKey)) / percentByKey, by: 'keys' }
}

/** Rows per second of the whole recent past until now, of it without what was held, and of its newer half. */
function ratesOf({ recent, nowSeconds, heldSeconds, idle }: TimeLeftInput): readonly number[] {
  const jobs = [...recent].sort((left, right) => left.startedAtSeconds - right.startedAtSeconds)
  const begin = jobs[0]?.startedAtSeconds ?? nowSeconds
  const end = Math.max(...jobs.map(({ finishedAtSeconds }) => finishedAtSeconds))
  const rows = sumOf(jobs)
  const newer = jobs.slice(Math.floor(jobs.length / 2))
  const since = newer[0]?.startedAtSeconds ?? begin
  return [
    rows / atLeast(drivenSeconds(idle, begin, nowSeconds)),
    rows / atLeast(drivenSeconds(idle, begin, end) - heldSeconds),
    sumOf(newer) / atLeast(drivenSeconds(idle, since, end)),
  ]
}

function drivenSeconds(idle: readonly TimeSpan[], from: number, to: number): number {
  const seconds = idle.reduce(
    (sum, { fromSeconds, toSeconds }) => sum + Math.max(0, Math.min(toSeconds, to) - Math.max(fromSeconds, from)),
    0,
  )
  return to - from - seconds
}

function sumOf(jobs: readonly RecentJob[]): number {
  return jobs.reduce((sum, { scanned }) => sum + scanned, 0)
}

function atLeast(seconds: number): number {
  return Math.max(seconds, 0.001)
}

function basisOf({ recent, nowSeconds, heldSeconds, idle }: TimeLeftInput, by: 'rows' | 'keys'): string {
  const begin = Math.min(...recent.map(({ startedAtSeconds }) => startedAtSeconds))
  const held = heldSeconds < 1 ? '' : `, ${formatDuration(heldSeconds)} of it on hold`
  const what = by === 'rows' ? 'the estimate of rows' : 'the position in the key range'
  const jobs = recent.length === 1 ? 'the last job' : `the last ${countOf(recent.length, 'job')}`
  return `${jobs} (${formatCount(sumOf(recent))} rows in ${formatDuration(drivenSeconds(idle, begin, nowSeconds))}${held}) and ${what}`
}
