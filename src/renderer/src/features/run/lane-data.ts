/** Rows per second and job durations over the time of a migration, from its jobs alone: a reload shows the same. */
import type { JobCell } from '../../../../shared/job-view.ts'

export interface Point {
  readonly atMs: number
  readonly value: number
}

interface Rate extends Point {
  /** How much of its bucket has passed: the first and the last are cut off. */
  readonly seconds: number
}

export interface Lanes {
  readonly fromMs: number
  readonly toMs: number
  readonly rates: readonly Rate[]
  readonly durations: readonly (Point & { readonly jobId: string; readonly isFailed: boolean })[]
  /** Of the buckets in which something was scanned; by the wall clock, as the line is. */
  readonly medianRate: number | null
  readonly medianSeconds: number | null
}

const MOST_BUCKETS = 80
/** Widths that stay the same for a while as time goes on, so that the line does not change behind itself. */
const WIDTHS_S = [1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1_200, 1_800, 3_600, 7_200, 21_600, 86_400, 604_800]

interface Span {
  readonly startedAtMs: number
  readonly endedAtMs: number
  readonly scanned: number
}

/** `nowMs`: while it runs, the end of the time axis. */
export function lanesOf(jobs: readonly JobCell[], nowMs: number | null): Lanes | null {
  const ended = jobs.flatMap(({ id, startedAtMs, seconds, scanned, status }) =>
    startedAtMs === null || seconds === null
      ? []
      : [{ id, startedAtMs, endedAtMs: startedAtMs + seconds * 1_000, seconds, scanned, status }],
  )
  // What a running job has committed so far counts for the rate of now.
  const going = jobs.flatMap(({ startedAtMs, seconds, scanned, status }): Span[] =>
    startedAtMs === null || seconds !== null || status !== 'running' || nowMs === null
      ? []
      : [{ startedAtMs, endedAtMs: Math.max(nowMs, startedAtMs), scanned }],
  )
  if (ended.length === 0) return null
  const fromMs = Math.min(...ended.map((job) => job.startedAtMs))
  const toMs = Math.max(nowMs ?? 0, ...ended.map((job) => job.endedAtMs), fromMs + 1_000)
  const rates = ratesOf([...ended, ...going], { fromMs, toMs })
  return {
    ...{ fromMs, toMs, rates },
    durations: ended
      .map(({ id, endedAtMs, seconds, status }) => ({
        ...{ jobId: id, atMs: endedAtMs, value: seconds, isFailed: status === 'failed' },
      }))
      .sort((a, b) => a.atMs - b.atMs),
    medianRate: median(rates.flatMap(({ value }) => (value > 0 ? [value] : []))),
    medianSeconds: median(ended.map(({ seconds }) => seconds)),
  }
}

/** A job's rows are spread over the time that it took: several runners at once then add up. */
function ratesOf(spans: readonly Span[], { fromMs, toMs }: { readonly fromMs: number; readonly toMs: number }): Rate[] {
  const width = bucketMs(spans, toMs - fromMs)
  const first = Math.floor(fromMs / width)
  const rows = new Array<number>(Math.ceil(toMs / width) - first).fill(0)
  for (const { startedAtMs, endedAtMs, scanned } of spans) {
    const length = endedAtMs - startedAtMs
    for (let at = Math.floor(startedAtMs / width); at * width <= endedAtMs; at += 1) {
      const overlap = Math.min(endedAtMs, (at + 1) * width) - Math.max(startedAtMs, at * width)
      const bucket = Math.min(rows.length - 1, at - first)
      rows[bucket] = (rows[bucket] ?? 0) + scanned * (length === 0 ? 1 : Math.max(0, overlap) / length)
    }
  }
  const rates = rows.map((count, index): Rate => {
    const begin = Math.max(fromMs, (first + index) * width)
    const end = Math.min(toMs, (first + index + 1) * width)
    const seconds = Math.max(1, end - begin) / 1_000
    return { atMs: (begin + end) / 2, value: count / seconds, seconds }
  })
  return joinTail(rates, width)
}

/** What has just begun says little by itself: it is told together with the one before it. */
function joinTail(rates: readonly Rate[], width: number): Rate[] {
  const [before, last] = rates.slice(-2)
  if (before === undefined || last === undefined || last.seconds * 2_000 >= width) return [...rates]
  const seconds = before.seconds + last.seconds
  const value = (before.value * before.seconds + last.value * last.seconds) / seconds
  return [...rates.slice(0, -2), { atMs: before.atMs + last.seconds * 500, value, seconds }]
}

/** Twice the time from one job to the next at least: else the line would fall to nothing between two of them. */
function bucketMs(spans: readonly Span[], lengthMs: number): number {
  const starts = spans.map(({ startedAtMs }) => startedAtMs).sort((a, b) => a - b)
  const cycle = median(starts.slice(1).map((start, index) => start - (starts[index] ?? start))) ?? 0
  const atLeast = Math.max(lengthMs / MOST_BUCKETS, Math.min(2 * cycle, lengthMs / 4)) / 1_000
  return (WIDTHS_S.find((seconds) => seconds >= atLeast) ?? atLeast) * 1_000
}

function median(values: readonly number[]): number | null {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.floor(sorted.length / 2)] ?? null
}

/** Between 0.9 and 0.95 of the interval is where the optimizer leaves a batch size alone. */
export function targetSeconds(intervalSeconds: number): { readonly low: number; readonly high: number } | null {
  return intervalSeconds > 0 ? { low: 0.9 * intervalSeconds, high: 0.95 * intervalSeconds } : null
}

/**
 * The largest value that is no outlier: a job that outlived an outage must not flatten all others. Outliers are at most one in
 * twenty, above three times all else.
 */
export function withoutOutliers(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  const largest = sorted.at(-1) ?? 0
  const usual = sorted[Math.ceil(sorted.length * 0.95) - 1] ?? 0
  if (largest <= 3 * usual) return largest
  return sorted.findLast((value) => value <= 3 * usual) ?? usual
}

/** A round number at or above the largest value, so that scales do not jump with every job. */
export function scaleTop(largest: number): number {
  if (largest <= 0) return 1
  const magnitude = 10 ** Math.floor(Math.log10(largest))
  return ([1, 1.5, 2, 3, 5, 10].find((factor) => factor * magnitude >= largest) ?? 10) * magnitude
}
