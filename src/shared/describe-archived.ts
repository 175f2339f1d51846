import type { ArchivedValue } from './archived-value.ts'
import { formatTime } from './format-duration.ts'
import { countOf, formatCount } from './format-number.ts'

/** Where an archived migration stood when it was requeued or deleted. */
export function archivedSentence(archived: ArchivedValue): string {
  const { status, jobs, succeededJobs, rowsScanned, reason, requeuedAs, operator, archivedAt } = archived
  const what = reason === 'deleted' ? 'deleted' : `requeued as ${requeuedAs ?? 'another one'}`
  return `was ${status} with ${formatCount(succeededJobs)} of ${countOf(jobs, 'job')} succeeded, ${formatCount(rowsScanned)} rows scanned; ${what} by ${operator}, ${formatTime(archivedAt)}`
}
