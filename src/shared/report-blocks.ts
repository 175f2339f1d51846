/** What a report is made of, whatever it is written as. */
import { stripControls } from './escape-markdown.ts'

/** `words` are our own; everything that came from a database or an author is `text` or `code`. */
export interface Span {
  readonly kind: 'words' | 'text' | 'code' | 'strong' | 'emphasis'
  readonly text: string
}

/** Of a table: one cell. */
export type Cell = readonly Span[]

export type Block =
  | { readonly kind: 'paragraph'; readonly spans: Cell }
  | { readonly kind: 'list'; readonly items: readonly Cell[] }
  | {
      readonly kind: 'table'
      readonly heads: readonly Cell[]
      readonly rows: readonly (readonly Cell[])[]
      /** Columns of numbers. */
      readonly rightAligned: readonly number[]
    }
  | { readonly kind: 'lines'; readonly text: string }

export interface Section {
  readonly title: string
  readonly blocks: readonly Block[]
}

export interface ReportContent {
  readonly title: Cell
  readonly headline: Span
  readonly description: string | null
  readonly sections: readonly Section[]
  readonly colophon: Cell
}

export const words = (text: string): Span => ({ kind: 'words', text })
export const text = (given: string): Span => ({ kind: 'text', text: given })
export const code = (given: string): Span => ({ kind: 'code', text: given })
export const strong = (given: string): Span => ({ kind: 'strong', text: given })
export const emphasis = (given: string): Span => ({ kind: 'emphasis', text: given })

export function paragraph(...spans: Cell): Block {
  return { kind: 'paragraph', spans }
}

export function table(
  heads: readonly (string | Cell)[],
  rows: readonly (readonly (Span | Cell)[])[],
  rightAligned: readonly number[] = [],
): Block {
  return {
    kind: 'table',
    heads: heads.map((head) => (typeof head === 'string' ? [words(head)] : head)),
    rows: rows.map((row) => row.map((cell) => ('kind' in cell ? [cell] : cell))),
    rightAligned,
  }
}

export function clip(given: string, length: number): string {
  return given.length <= length ? given : `${given.slice(0, length - 1)}…`
}

/** Whether nothing of it would be seen. */
export function isBlank(given: string): boolean {
  return stripControls(given).trim() === ''
}
