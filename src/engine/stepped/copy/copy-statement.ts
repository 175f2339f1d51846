/** The SQL of copying rows: what should be in the new table, and the statement that brings it there. */
import type { CopyRows } from '../../../catalogue/stepped/definition.ts'
import { raw, sql, type Sql } from '../../../shared/sql.ts'

/** The alias of the source in every statement; the joined table's is `partner`. */
export const SOURCE = 'source'

/** The rows as they should be, of those source rows that `where` names. */
export function expectedRows(copy: CopyRows, where: Sql): Sql {
  const columns = copy.columns.map(({ name, from }) => sql.ident(from === null ? SOURCE : 'partner', name))
  return sql`SELECT ${sql.join(columns)} FROM ${sourceTables(copy)} WHERE ${where}`
}

function sourceTables({ from, join }: CopyRows): Sql {
  const source = sql`${sql.ident(from)} AS ${sql.ident(SOURCE)}`
  if (join === null) return source
  return sql`${source} JOIN ${sql.ident(join.table)} AS partner
             ON ${sql.ident('partner', join.column)} = ${sql.ident(SOURCE, join.equals)}`
}

/** Safe to run again: rows that are there are brought up to date, or left as they are. */
export function copyStatement(copy: CopyRows, where: Sql): Sql {
  const names = copy.columns.map(({ name }) => sql.ident(name))
  const keys = copy.onConflict.columns.map((name) => sql.ident(name))
  return sql`INSERT INTO ${sql.ident(copy.to)} (${sql.join(names)})
             ${expectedRows(copy, where)}
             ON CONFLICT (${sql.join(keys)}) ${onConflict(copy)}`
}

function onConflict({ to, columns, onConflict: { columns: keys, action }, newerBy }: CopyRows): Sql {
  const others = columns.filter(({ name }) => !keys.includes(name)).map(({ name }) => name)
  if (action === 'nothing' || others.length === 0) return raw('DO NOTHING')
  const set = others.map((name) => sql`${sql.ident(name)} = ${sql.ident('excluded', name)}`)
  const mine = sql.join(others.map((name) => sql.ident(to, name)))
  const theirs = sql.join(others.map((name) => sql.ident('excluded', name)))
  // Rows that are equal already are not written again.
  return sql`DO UPDATE SET ${sql.join(set)} WHERE ROW (${mine}) IS DISTINCT FROM ROW (${theirs})${
    newerBy === null ? sql`` : sql` AND (${sql.ident(to, newerBy)} > ${sql.ident('excluded', newerBy)}) IS NOT TRUE`
  }`
}

/** Source rows without a partner: they are not copied. `null` where nothing is joined. */
export function withoutPartner({ from, join, column }: CopyRows): { readonly count: Sql; readonly rows: Sql } | null {
  if (join === null) return null
  const rest = sql`FROM ${sql.ident(from)} AS ${sql.ident(SOURCE)}
    WHERE NOT EXISTS (SELECT FROM ${sql.ident(join.table)} AS partner
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
              WHERE NOT EXISTS (SELECT FROM ${sql.ident(copy.to)} AS found WHERE ${sql.join(keys, ' AND ')})`
}
