/** A sampled row, column by column: what is short stands in a cell, what is long is compared line by line. */
import type { SampleValue } from '../../../../shared/cli-output.ts'

export interface SampleField {
  readonly column: string
  readonly before: string
  /** null: the row, or the column, is gone. */
  readonly after: string | null
  readonly isChanged: boolean
  /** Too long for a cell, with several lines. */
  readonly isLong: boolean
  readonly isJson: boolean
}

const CELL_LENGTH = 48

/** Changed columns first. */
export function sampleFields({ before, after }: SampleValue): readonly SampleField[] {
  const columns = [...new Set([...Object.keys(before), ...Object.keys(after ?? {})])]
  return columns
    .map((column) => fieldOf(column, before[column], after === null ? undefined : after[column], after === null))
    .toSorted((a, b) => Number(b.isChanged) - Number(a.isChanged))
}

export function isChanged(sample: SampleValue): boolean {
  return sampleFields(sample).some((field) => field.isChanged)
}

function fieldOf(column: string, before: unknown, after: unknown, isGone: boolean): SampleField {
  const texts = { before: valueText(before), after: isGone || after === undefined ? null : valueText(after) }
  const isLong = [texts.before, texts.after ?? ''].some((text) => text.includes('\n') || text.length > CELL_LENGTH)
  const isJson = [before, after].some((value) => typeof value === 'object' && value !== null)
  return { column, ...texts, isChanged: texts.before !== texts.after, isLong, isJson }
}

function valueText(value: unknown): string {
  if (value === null || value === undefined) return 'NULL'
  return typeof value === 'string' ? value : JSON.stringify(value, null, 2)
}
