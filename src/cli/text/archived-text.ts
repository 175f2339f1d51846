import type { ArchivedValue } from '../../shared/archived-value.ts'
import { archivedSentence } from '../../shared/describe-archived.ts'
import { block } from './columns.ts'

/** Requeued and deleted migrations, one line each. */
export function archivedText(archived: readonly ArchivedValue[]): readonly string[] {
  const lines = archived.map(
    (each) => `${each.id} ${each.jobClassName} on ${each.tableName}: ${archivedSentence(each)}`,
  )
  return block('Archive', lines)
}
