/** What repositories are given: the file, and its statements prepared once. */
import type Database from 'better-sqlite3'

export type SqliteDatabase = Database.Database

/** The rows of a statement whose select list has exactly the columns of `Row`. */
export function allRows<Row>(statement: Database.Statement, ...parameters: readonly unknown[]): readonly Row[] {
  return statement.all(...parameters) as Row[] // the shape is that of the statement's own select list
}

export function firstRow<Row>(statement: Database.Statement, ...parameters: readonly unknown[]): Row | undefined {
  return statement.get(...parameters) as Row | undefined // as above
}

/** A page and the cursor behind it; `rows` were read with one more than `limit`. */
export function pageOf<Row, Item>(
  rows: readonly Row[],
  limit: number,
  { item, cursor }: { readonly item: (row: Row) => Item; readonly cursor: (row: Row) => string },
): { readonly items: readonly Item[]; readonly next: string | null } {
  const shown = rows.slice(0, limit)
  const last = shown.at(-1)
  return {
    items: shown.map(item),
    next: rows.length > limit && last !== undefined ? cursor(last) : null,
  }
}
