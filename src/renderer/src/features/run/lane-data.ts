/** Rows per second and job durations over the time of a migration, from its jobs alone: a reload shows the same. */
import type { JobCell } from '../../../../shared/job-view.ts'

export interface Point {
  readonly atMs: number
  readonly value: number
}

export interface Lanes {
  readonly fromMs: number
  readonly toMs: number
  readonly rates: readonly Point[]
  readonly durations: readonly (Point & { readonly isFailed: boolean })[]
  readonly medianRate: number | null
  readonly medianSeconds: number | null
}

const BUCKETS = 60

export function lanesOf(jobs: readonly JobCell[], nowMs: number | null): Lanes | null {
  const ended = jobs.flatMap(({ startedAtMs, seconds, scanned, status }) =>
    startedAtMs === null || seconds === null
      ? []
      : [{ startedAtMs, endedAtMs: startedAtMs + seconds * 1_000, seconds, scanned, status }],
  )
  // What a running job has committed so far counts for the rate of now.
  const going = jobs.flatMap(({ startedAtMs, seconds, scanned, status }) =>
    startedAtMs === null || seconds !== null || status !== 'running' || nowMs === null
      ? []
      : [{ startedAtMs, endedAtMs: Math.max(nowMs, startedAtMs), scanned }],
  )
  if (ended.length === 0) return null
  const fromMs = Math.min(...ended.map((job) => job.startedAtMs))
  const toMs = Math.max(nowMs ?? 0, ...ended.map((job) => job.endedAtMs), fromMs + 1_000)
  const width = (toMs - fromMs) / BUCKETS
  // A job's rows are spread over the time that it took: several runners at once then add up.
  const rows = new Array<number>(BUCKETS).fill(0)
  for (const { startedAtMs, endedAtMs, scanned } of [...ended, ...going]) {
    const first = Math.floor((startedAtMs - fromMs) / width)
    const last = Math.min(BUCKETS - 1, Math.floor((endedAtMs - fromMs) / width))
    for (let bucket = first; bucket <= last; bucket += 1) {
      const begin = Math.max(startedAtMs, fromMs + bucket * width)
      const end = Math.min(endedAtMs, fromMs + (bucket + 1) * width)
      const share = endedAtMs === startedAtMs ? 1 : Math.max(0, end - begin) / (endedAtMs - startedAtMs)
      rows[bucket] = (rows[bucket] ?? 0) + scanned * share
    }
  }
  const rates = rows.map((count, bucket) => ({ atMs: fromMs + (bucket + 0.5) * width, value: (count * 1_000) / width }))
  return {
    fromMs,
    toMs,
    rates,
    durations: ended.map(({ endedAtMs, seconds, status }) => ({
      atMs: endedAtMs,
      value: seconds,
      isFailed: status === 'failed',
    })),
    medianRate: median(ended.flatMap(({ seconds, scanned }) => (seconds > 0 ? [scanned / seconds] : []))),
    medianSeconds: median(ended.map(({ seconds }) => seconds)),
  }
}

function median(values: readonly number[]): number | null {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.floor(sorted.length / 2)] ?? null
}

/** A round number at or above the largest value, so that scales do not jump with every job. */
export function scaleTop(largest: number): number {
  if (largest <= 0) return 1
  const magnitude = 10 ** Math.floor(Math.log10(largest))
  return ([1, 1.5, 2, 3, 5, 10].find((factor) => factor * magnitude >= largest) ?? 10) * magnitude
}
