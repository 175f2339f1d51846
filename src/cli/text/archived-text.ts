import type { ArchivedValue } from '../../shared/archived-value.ts'
import { formatTime } from '../../shared/format-duration.ts'
import { countOf, formatCount } from '../../shared/format-number.ts'
import { block } from './columns.ts'

/** Requeued and deleted migrations, one line each. */
export function archivedText(archived: readonly ArchivedValue[]): readonly string[] {
  const lines = archived.map(
    ({
      id,
      jobClassName,
      tableName,
      status,
      reason,
      requeuedAs,
      archivedAt,
      operator,
      jobs,
      succeededJobs,
      rowsScanned,
    }) => {
      const what = reason === 'deleted' ? 'deleted' : `requeued as ${requeuedAs ?? 'another one'}`
      return `${id} ${jobClassName} on ${tableName}: was ${status} with ${formatCount(succeededJobs)} of ${countOf(jobs, 'job')} succeeded, ${formatCount(rowsScanned)} rows scanned; ${what} by ${operator}, ${formatTime(archivedAt)}`
    },
  )
  return block('Archive', lines)
}
