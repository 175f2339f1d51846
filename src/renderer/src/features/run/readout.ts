import { formatDuration } from '../../../../shared/format-duration.ts'
import { formatCount } from '../../../../shared/format-number.ts'
import type { LogEntry } from '../../../../shared/history-view.ts'
import type { JobCell } from '../../../../shared/job-view.ts'
import { jobShown } from '../../parts/status.ts'

/** One job in one line, what matters first, since its end may be cut: status, range, rows, time, attempts above one. */
export function readoutOf(job: JobCell, column: string): string {
  const { min, max, scanned, changed, seconds, attempts } = job
  return [
    jobShown(job.status, job.isBlocked).word,
    `${column} ${rangeOf(min, max)}`,
    `${formatCount(scanned)} scanned`,
    `${formatCount(changed)} changed`,
    ...(seconds === null ? [] : [formatDuration(seconds)]),
    ...(attempts > 1 ? [`attempt ${String(attempts)}`] : []),
  ].join(' · ')
}

/** The SQLSTATE of the job's last failure, from its exception class: `check_violation (23514)`. */
export function sqlstateOf(entries: readonly LogEntry[], jobId: string): string | null {
  const failure = entries.find((entry) => entry.kind === 'job_failed' && entry.jobId === jobId)
  const { exceptionClass } = failure?.details ?? {}
  return typeof exceptionClass === 'string' ? (/\b[0-9A-Z]{5}\b/.exec(exceptionClass)?.[0] ?? null) : null
}

/** For a line of the log. */
export function jobFacts({ scanned, changed, seconds }: JobCell): string {
  const took = seconds === null ? '' : `, ${formatDuration(seconds)}`
  return `${formatCount(scanned)} scanned, ${formatCount(changed)} changed${took}`
}

export function rangeOf(min: string, max: string): string {
  const group = (text: string): string => (/^-?\d+$/.test(text) ? text.replaceAll(/\B(?=(\d{3})+$)/g, '\u2009') : text)
  return `${group(min)}–${group(max)}`
}
