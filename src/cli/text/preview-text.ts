/** What the previewed sub-batches would do: what they change, row by row, and how the server finds the rows. */
import { keyWords } from '../../shared/describe-range.ts'
import { countOf, formatCount } from '../../shared/format-number.ts'
import type { PreviewedRow, PreviewedSubBatch, PreviewValue } from '../../shared/preview-view.ts'
import { indent } from './columns.ts'

const SHOWN_ROWS = 5
const SHOWN_VALUE = 60

/** `shownAs`: the id of the migration as it may be given; null where none is queued. */
export function previewText(
  { jobClassName, tableName, jobId, subBatches, notes }: PreviewValue,
  shownAs: string | null,
): string {
  const of = shownAs === null ? '' : ` (${shownAs}${jobId === null ? '' : `, job ${jobId}`})`
  return [
    `${jobClassName}${of} on ${tableName}: rolled back, nothing was changed.`,
    ...notes.map((note) => `! ${note}`),
    ...subBatches.flatMap((each) => ['', ...subBatchLines(each)]),
  ].join('\n')
}

function subBatchLines(subBatch: PreviewedSubBatch): readonly string[] {
  const { place, scanned, changed, unresolved, quarantined, error, statements, writes, rows, rowsChanged } = subBatch
  const counts = [
    `${countOf(scanned, 'row')} scanned`,
    `${formatCount(changed)} changed`,
    ...(unresolved === 0 ? [] : [`${formatCount(unresolved)} unresolved`]),
    ...(quarantined === 0 ? [] : [`${formatCount(quarantined)} into quarantine`]),
    `${formatCount(subBatch.milliseconds)} ms`,
  ]
  return [
    `${error === null ? '✓' : '✕'} The ${place} sub-batch, keys ${keysOf(subBatch)}: ${counts.join(', ')}`,
    ...indent([
      ...(error === null ? [] : [error.message]),
      ...statements.flatMap(({ plan }) => (plan === null ? [] : planLines(plan))),
      ...writes.map(({ table, inserted, updated, deleted }) => {
        const done = [
          ...(inserted === 0 ? [] : [`${formatCount(inserted)} inserted`]),
          ...(updated === 0 ? [] : [`${formatCount(updated)} updated`]),
          ...(deleted === 0 ? [] : [`${formatCount(deleted)} deleted`]),
        ]
        return `${table}: ${done.join(', ')}`
      }),
      ...(rows.length === 0 ? [] : [`${countOf(rowsChanged, 'row')} of the table would change`]),
      ...indent(rows.filter(isChanged).slice(0, SHOWN_ROWS).map(rowText)),
    ]),
  ]
}

function planLines({ isIndexed, detail, nodes }: NonNullable<PreviewedSubBatch['statements'][number]['plan']>) {
  return [`${isIndexed ? '✓' : '!'} ${detail}`, ...(isIndexed ? [] : indent(nodes))]
}

function keysOf({ from, after, until }: PreviewedSubBatch): string {
  const end = keyWords(until)
  if (after !== null) return `behind ${keyWords(after)} up to ${end}`
  return from === null ? `up to ${end}` : `${keyWords(from)} – ${end}`
}

function isChanged({ before, after }: PreviewedRow): boolean {
  return JSON.stringify(before) !== JSON.stringify(after)
}

function rowText({ key, before, after }: PreviewedRow): string {
  if (after === null) return `${keyWords(key)}: deleted`
  const changes = Object.keys({ ...before, ...after })
    .filter((name) => JSON.stringify(before[name]) !== JSON.stringify(after[name]))
    .map((name) => `${name} ${shown(before[name])} → ${shown(after[name])}`)
  return `${keyWords(key)}: ${changes.join(', ')}`
}

function shown(value: unknown): string {
  const text = value === null || value === undefined ? 'NULL' : JSON.stringify(value)
  return text.length <= SHOWN_VALUE ? text : `${text.slice(0, SHOWN_VALUE - 1)}…`
}
