/** When nobody drove a migration, from its journal: paused, or after its runs had ended. Pure. */
import type { RecentJob, TimeSpan } from '../shared/time-left.ts'

export const DRIVING_KINDS = ['pause', 'resume', 'run', 'run_ended'] as const

export interface DrivingEntry {
  readonly kind: (typeof DRIVING_KINDS)[number]
  readonly atSeconds: number
}

/** A job that starts ends such a time too: a scheduler writes nothing when it takes a migration up again. */
export function idleSpans(
  entries: readonly DrivingEntry[],
  recent: readonly RecentJob[],
  nowSeconds: number,
): readonly TimeSpan[] {
  const spans: TimeSpan[] = []
  let fromSeconds: number | null = null
  let runs = 0
  for (const { kind, atSeconds } of entries) {
    if (kind === 'run') runs += 1
    if (kind === 'run_ended') runs = Math.max(0, runs - 1)
    const isIdle = kind === 'pause' || (kind === 'run_ended' && runs === 0)
    if (isIdle) fromSeconds ??= atSeconds
    else if (kind !== 'run_ended' && fromSeconds !== null) {
      spans.push({ fromSeconds, toSeconds: atSeconds })
      fromSeconds = null
    }
  }
  if (fromSeconds !== null) spans.push({ fromSeconds, toSeconds: nowSeconds })
  return spans.map((span) => ({ ...span, toSeconds: Math.min(span.toSeconds, nextStart(recent, span)) }))
}

function nextStart(recent: readonly RecentJob[], { fromSeconds }: TimeSpan): number {
  return Math.min(...recent.flatMap((job) => (job.startedAtSeconds > fromSeconds ? [job.startedAtSeconds] : [])))
}
