/** The SQL of copying rows: what should be in the new table, and the statement that brings it there. */
import type { CopyRows } from '../../../catalogue/stepped/definition.ts'
import { raw, sql, type Sql } from '../../../shared/sql.ts'

/** The alias of the source in every statement; the joined table's is `partner`, the new table's `target`. */
export const SOURCE = 'source'

/** `table` or `schema.table`, quoted. */
export function tableIdent(table: string): Sql {
  return sql.ident(...table.split('.'))
}

/** The rows as they should be, of those source rows that `where` names. */
export function expectedRows(copy: CopyRows, where: Sql): Sql {
  const columns = copy.columns.map(({ name }) => originOf(copy, name))
  return sql`SELECT ${sql.join(columns)} FROM ${sourceTables(copy)} WHERE ${where}`
}

/** A copied column where it is read from. */
function originOf({ columns }: CopyRows, wanted: string): Sql {
  const from = columns.find(({ name }) => name === wanted)?.from ?? null
  return sql.ident(from === null ? SOURCE : 'partner', wanted)
}

function sourceTables({ from, join }: CopyRows): Sql {
  const source = sql`${tableIdent(from)} AS ${sql.ident(SOURCE)}`
  if (join === null) return source
  return sql`${source} JOIN ${tableIdent(join.table)} AS partner
             ON ${sql.ident('partner', join.column)} = ${sql.ident(SOURCE, join.equals)}`
}

/** Safe to run again: rows that are there are brought up to date, or left as they are. */
export function copyStatement(copy: CopyRows, where: Sql): Sql {
  return insertion(copy, expectedRows(copy, sql`${where} AND NOT (${keyIsNull(copy)})`))
}

/** A NULL in the key conflicts with nothing: such a row would be inserted at each try. It is left to the comparison. */
function keyIsNull(copy: CopyRows): Sql {
  return sql.join(
    copy.onConflict.columns.map((name) => sql`${originOf(copy, name)} IS NULL`),
    ' OR ',
  )
}

/** Inserts what `rows` selects: the copied columns in their order, none of the key NULL. */
export function insertion(copy: CopyRows, rows: Sql): Sql {
  const names = copy.columns.map(({ name }) => sql.ident(name))
  const keys = copy.onConflict.columns.map((name) => sql.ident(name))
  return sql`INSERT INTO ${tableIdent(copy.to)} AS target (${sql.join(names)}) OVERRIDING SYSTEM VALUE
             ${rows}
             ON CONFLICT (${sql.join(keys)}) ${onConflict(copy)}`
}

function onConflict({ columns, onConflict: { columns: keys, action }, newerBy }: CopyRows): Sql {
  const others = columns.filter(({ name }) => !keys.includes(name)).map(({ name }) => name)
  if (action === 'nothing' || others.length === 0) return raw('DO NOTHING')
  const set = others.map((name) => sql`${sql.ident(name)} = ${sql.ident('excluded', name)}`)
  const mine = sql.join(others.map((name) => sql.ident('target', name)))
  const theirs = sql.join(others.map((name) => sql.ident('excluded', name)))
  // Rows that are equal already are not written again. As text, as the comparison sees them: 1.0 and 1.00 are equal as
  // numbers, 'Foo' and 'foo' as citext, and json has no equality at all.
  return sql`DO UPDATE SET ${sql.join(set)} WHERE ROW (${mine})::text IS DISTINCT FROM ROW (${theirs})::text${
    newerBy === null
      ? sql``
      : sql` AND (${sql.ident('target', newerBy)} > ${sql.ident('excluded', newerBy)}) IS NOT TRUE`
  }`
}

/** Source rows whose key is NULL, the first one and how many there are. */
export function nullKeyRows(copy: CopyRows): Sql {
  const key = sql.ident(SOURCE, copy.column)
  return sql`SELECT ${key}::text AS example, count(*) OVER ()::text AS count
               FROM ${sourceTables(copy)} WHERE ${keyIsNull(copy)}
              ORDER BY ${key} LIMIT 1`
}

/** Source rows without a partner: they are not copied. `null` where nothing is joined. */
export function withoutPartner({ from, join, column }: CopyRows): { readonly count: Sql; readonly rows: Sql } | null {
  if (join === null) return null
  const rest = sql`FROM ${tableIdent(from)} AS ${sql.ident(SOURCE)}
    WHERE NOT EXISTS (SELECT FROM ${tableIdent(join.table)} AS partner
                       WHERE ${sql.ident('partner', join.column)} = ${sql.ident(SOURCE, join.equals)})`
  return {
    count: sql`SELECT count(*) ${rest}`,
    rows: sql`SELECT ${sql.ident(SOURCE, column)}, ${sql.ident(SOURCE, join.equals)} ${rest}
              ORDER BY ${sql.ident(SOURCE, column)} LIMIT 20`,
  }
}

/** Rows that should be in the new table and are not. */
export function missingRows(copy: CopyRows): Sql {
  const keys = copy.onConflict.columns.map((name) => sql`${sql.ident('found', name)} = ${sql.ident('expected', name)}`)
  return sql`SELECT expected.* FROM (${expectedRows(copy, raw('true'))}) AS expected
              WHERE NOT EXISTS (SELECT FROM ${tableIdent(copy.to)} AS found WHERE ${sql.join(keys, ' AND ')})`
}
