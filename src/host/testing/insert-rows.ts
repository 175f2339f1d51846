/** Rows as a test writes them, put into a table. */
import pg from 'pg'
import type { Row } from './practice-database.ts'

/** One statement per row: each may leave out columns that have a default. */
export async function insertRows(client: pg.Client, name: string, rows: readonly Row[]): Promise<void> {
  const table = name
    .split('.')
    .map((part) => pg.escapeIdentifier(part))
    .join('.')
  const json = rows.some((row) => Object.values(row).some(isObject)) ? await listJsonColumns(client, table) : null
  for (const row of rows) {
    const names = Object.keys(row)
    const columns = names.map((column) => pg.escapeIdentifier(column)).join(', ')
    const places = names.map((_, index) => `$${String(index + 1)}`).join(', ')
    // pg would send a list as an array of PostgreSQL.
    const values = Object.entries(row).map(([column, value]) =>
      isObject(value) && json?.has(column) === true ? JSON.stringify(value) : value,
    )
    await client.query(`INSERT INTO ${table} (${columns}) VALUES (${places})`, values)
  }
}

function isObject(value: unknown): boolean {
  return typeof value === 'object' && value !== null
}

/** Also those of a domain over json. Empty where there is no such table: the INSERT tells of that. */
async function listJsonColumns(client: pg.Client, table: string): Promise<ReadonlySet<string>> {
  const { rows } = await client.query<{ name: string }>(
    `SELECT a.attname::text AS name
       FROM pg_attribute AS a
       JOIN pg_type AS t ON t.oid = a.atttypid
      WHERE a.attrelid = to_regclass($1)
        AND CASE t.typtype WHEN 'd' THEN t.typbasetype ELSE t.oid END IN ('json'::regtype, 'jsonb'::regtype)`,
    [table],
  )
  return new Set(rows.map(({ name }) => name))
}
