/** Every table of a database as it is, so that two moments can be compared. */
import { raw, sql, type Sql } from '../../shared/sql.ts'
import type { Row } from './practice-database.ts'

/** Rows as text, sorted, by table. */
export type Tables = ReadonlyMap<string, readonly string[]>

/** All but those of `trackingSchema`; rows without the columns `ignored`. */
export async function readTables(
  { query }: { readonly query: (statement: Sql) => Promise<readonly Row[]> },
  trackingSchema: string,
  ignored: readonly string[],
): Promise<Tables> {
  const found = await query(
    sql`SELECT format('%I.%I', n.nspname, c.relname) AS name
          FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
         WHERE c.relkind IN ('r', 'p') AND n.nspname NOT IN ('pg_catalog', 'information_schema', ${trackingSchema})
           AND n.nspname NOT LIKE 'pg\\_%' AND NOT c.relispartition
         ORDER BY name`,
  )
  const tables = new Map<string, readonly string[]>()
  for (const { name } of found) {
    // Quoted by the server.
    const table = raw(String(name))
    const rows = await query(
      sql`SELECT (to_jsonb(t) - ${[...ignored]}::text[])::text AS row FROM ${table} AS t ORDER BY 1`,
    )
    tables.set(
      String(name),
      rows.map(({ row }) => String(row)),
    )
  }
  return tables
}

/** The first table that differs, with a row of each side; null where none does. */
export function differenceOf(before: Tables, after: Tables): string | null {
  for (const [name, rows] of after) {
    const known = new Set(before.get(name))
    const now = new Set(rows)
    const added = rows.find((row) => !known.has(row))
    const gone = [...known].find((row) => !now.has(row))
    if (
      added === undefined &&
      gone === undefined &&
      known.size === now.size &&
      rows.length === before.get(name)?.length
    )
      continue
    const counts = `(${String(before.get(name)?.length ?? 0)} rows before, ${String(rows.length)} after)`
    if (added !== undefined || gone !== undefined)
      return `${name}: ${gone ?? 'no row'} became ${added ?? 'no row'} ${counts}`
    // The same rows, in other numbers.
    return `${name}: ${repeated(before.get(name) ?? [], rows)} ${counts}`
  }
  return null
}

/** The first row that is there more or fewer times than before. Both are sorted. */
function repeated(before: readonly string[], after: readonly string[]): string {
  const index = after.findIndex((row, at) => row !== before[at])
  const row = (index === -1 ? before[after.length] : after.length > before.length ? after[index] : before[index]) ?? ''
  const timesIn = (rows: readonly string[]): string => String(rows.filter((each) => each === row).length)
  return `${row} was there ${timesIn(before)} times, now ${timesIn(after)}`
}
