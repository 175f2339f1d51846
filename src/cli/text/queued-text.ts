import type { MigrationValue } from '../../shared/cli-output.ts'
import { rangeWords } from '../../shared/describe-range.ts'
import { formatCount, formatEstimate } from '../../shared/format-number.ts'
import { shownId } from '../subject.ts'

/** What was just queued, in one sentence. */
export function queuedText(migration: MigrationValue): string {
  const { jobClassName, tableName, status, batchSize, totalTupleCount } = migration
  const range =
    status === 'finished'
      ? 'no row to migrate'
      : `keys ${rangeWords(migration) ?? 'unknown'}, ${totalTupleCount === null ? 'number of rows unknown' : `${formatEstimate(totalTupleCount)} rows`}, jobs of ${formatCount(batchSize)}`
  return `${jobClassName} on ${tableName} is queued as migration ${shownId(migration)} (${status}): ${range}.`
}
