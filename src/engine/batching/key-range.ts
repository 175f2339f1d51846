/**
 * Conditions and select lists over the batch columns. Keys travel as text and are cast back to the column's own type,
 * so they are compared as the index compares them, never as text.
 */
import { raw, sql, type Sql } from '../../shared/sql.ts'
import type { Key } from '../types.ts'
import type { BatchColumn } from './batch-table.ts'

export interface KeyRange {
  /** Exclusive lower bound; takes precedence over `from`. */
  readonly after?: Key | null
  /** Inclusive lower bound. */
  readonly from?: Key | null
  /** Inclusive upper bound. */
  readonly until: Key | null
}

/**
 * `columns > after AND columns <= until`, on the columns of `qualifier` (a table's name or alias, quoted). A key with a NULL in it
 * lies in no range: a row comparison would take it in where a column before decides, and then end a range with what cannot
 * be compared.
 */
export function inRange(
  qualifier: Sql,
  columns: readonly BatchColumn[],
  { after = null, from = null, until }: KeyRange,
): Sql {
  const tuple = columnTuple(qualifier, columns)
  const conditions: Sql[] = columns
    .filter(({ isNotNull }) => !isNotNull)
    .map(({ name }) => sql`${qualifier}.${sql.ident(name)} IS NOT NULL`)
  if (after !== null) conditions.push(sql`${tuple} > ${keyTuple(columns, after)}`)
  else if (from !== null) conditions.push(sql`${tuple} >= ${keyTuple(columns, from)}`)
  if (until !== null) conditions.push(sql`${tuple} <= ${keyTuple(columns, until)}`)
  return conditions.length === 0 ? raw('true') : sql.join(conditions, ' AND ')
}

/** One column by itself, several as a row: `"t"."id"`, `("t"."a", "t"."b")`. */
export function columnTuple(qualifier: Sql, columns: readonly BatchColumn[]): Sql {
  return tupleOf(columns.map(({ name }) => sql`${qualifier}.${sql.ident(name)}`))
}

/** A single value by itself, several as a row. */
export function tupleOf(values: readonly Sql[]): Sql {
  return values.length === 1 ? sql.join(values) : sql`(${sql.join(values)})`
}

/**
 * A key as typed parameters: `$1::bigint`, `($1::uuid, $2::text COLLATE pg_catalog."C")`. The collations are the columns', since
 * a key is also compared with another key, and no column stands beside it then.
 */
export function keyTuple(columns: readonly BatchColumn[], key: Key): Sql {
  return tupleOf(typedValues(columns, key))
}

/** The values of a key, column by column, as typed parameters. */
export function typedValues(columns: readonly BatchColumn[], key: Key): readonly Sql[] {
  return columns.map((column, index) => {
    const value = key[index]
    if (value === undefined || key.length !== columns.length)
      throw new Error(`key ${JSON.stringify(key)} does not fit ${String(columns.length)} columns`)
    return sql`${value}${raw(asColumn(column))}`
  })
}

/** The values of a key that a `text[]` expression holds, typed and collated as the columns are: to order and compare keys by. */
export function typedKey(columns: readonly BatchColumn[], array: string): readonly Sql[] {
  return columns.map((column, index) => raw(`(${array})[${String(index + 1)}]${asColumn(column)}`))
}

function asColumn({ comparedAs, collation }: BatchColumn): string {
  return `::${comparedAs}${collation === null ? '' : ` COLLATE ${collation}`}`
}

/** The key as one `text[]` value; only planning transactions may ask for it (see transaction.ts, isPlanning). */
export function keyText(qualifier: Sql, columns: readonly BatchColumn[]): Sql {
  return sql`ARRAY[${sql.join(columns.map(({ name }) => sql`${qualifier}.${sql.ident(name)}::text`))}]`
}

/** `ORDER BY` list in key order. */
export function keyOrder(qualifier: Sql, columns: readonly BatchColumn[], direction: 'ASC' | 'DESC' = 'ASC'): Sql {
  return sql.join(columns.map(({ name }) => sql`${qualifier}.${sql.ident(name)}${raw(` ${direction}`)}`))
}
