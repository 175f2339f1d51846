/** Results of operations as facts for people: names in words, and rows that can be read one by one. */
import { countOf } from '../../../../shared/format-number.ts'
import { resultName } from '../../../../shared/stepped-results.ts'
import { detailFacts } from '../../parts/detail-facts.ts'

export interface ResultFact {
  readonly name: string
  readonly text: string
  readonly rows: ResultRows | null
}

export interface ResultRows {
  /** `the first 20`, `all 3 of them`. */
  readonly summary: string
  readonly lines: readonly string[]
}

type Result = Readonly<Record<string, unknown>>

/** Rows (`withoutPartnerRows`) stand with their count (`withoutPartner`). */
export function resultFacts(result: Result): readonly ResultFact[] {
  return Object.entries(result).flatMap(([name, value]) => {
    const count = name.endsWith('Rows') ? result[name.slice(0, -4)] : undefined
    if (typeof count === 'number') return []
    const rows = isRows(value) ? value : result[`${name}Rows`]
    return [
      {
        name: resultName(name),
        text: isRows(value) ? countOf(value.length, 'row') : textOf(value),
        rows: isRows(rows) ? rowsOf(rows, typeof value === 'number' ? value : rows.length) : null,
      },
    ]
  })
}

function isRows(value: unknown): value is readonly Result[] {
  return Array.isArray(value) && value.length > 0 && value.every((row) => typeof row === 'object' && row !== null)
}

function rowsOf(rows: readonly Result[], total: number): ResultRows {
  const summary = rows.length < total ? `the first ${String(rows.length)}` : 'which'
  return { summary, lines: rows.map(textOf) }
}

function textOf(value: unknown): string {
  return detailFacts({ value })[0]?.text ?? ''
}
