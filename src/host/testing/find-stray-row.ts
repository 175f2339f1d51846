/** Rows of the batched table behind a sub-batch: they are to be as they were when it has been run. */
import type { BatchedMigrationDefinition } from '../../catalogue/definition.ts'
import type { Key } from '../../engine/types.ts'
import { sql, type Sql } from '../../shared/sql.ts'
import type { PracticeDatabase } from './practice-database.ts'

type Batched = Pick<BatchedMigrationDefinition, 'table' | 'columns'>

/** Every row of the table, as a JSON array. */
export async function readRows({ query }: PracticeDatabase, { table }: Batched): Promise<string> {
  const [found] = await query(
    sql`SELECT COALESCE(jsonb_agg(to_jsonb(t)), '[]')::text AS rows FROM ${sql.ident(...table.split('.'))} AS t`,
  )
  return String(found?.rows)
}

/** The first row behind the key `end` that is not as it was, in words; null where there is none. */
export async function findStrayRow(
  { query }: PracticeDatabase,
  { table, columns }: Batched,
  { before, end }: { readonly before: string; readonly end: Key },
): Promise<string | null> {
  const name = sql.ident(...table.split('.'))
  const keyOf = (alias: string): Sql => sql`(${sql.join(columns.map((column) => sql.ident(alias, column)))})`
  const [stray] = await query(
    sql`SELECT was.row::text AS before,
               (SELECT to_jsonb(now)::text FROM ${name} AS now WHERE ${keyOf('now')} = ${keyOf('old')} LIMIT 1) AS after
          FROM jsonb_array_elements(${before}::jsonb) AS was (row), jsonb_populate_record(NULL::${name}, was.row) AS old
         WHERE ${keyOf('old')} > (${sql.join(end.map((value) => sql`${value}`))})
           AND NOT EXISTS (SELECT FROM ${name} AS now WHERE to_jsonb(now) = was.row)
         ORDER BY ${keyOf('old')} LIMIT 1`,
  )
  if (stray === undefined) return null
  const after = typeof stray.after === 'string' ? stray.after : 'no row'
  return `${table}: ${String(stray.before)} became ${after}`
}
