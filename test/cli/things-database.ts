import { templateDatabase } from '../support/template-database.ts'
import { createTestDatabase, type TestDatabase } from '../support/test-database.ts'

/** 250 things, every tenth without a name. */
export async function createThingsDatabase(): Promise<TestDatabase> {
  const template = await templateDatabase('things', async ({ query }) => {
    await query(
      `CREATE TABLE things (id bigint PRIMARY KEY, bucket bigint NOT NULL, name text, shouted text, hits bigint NOT NULL DEFAULT 0)`,
    )
    await query(
      `INSERT INTO things (id, bucket, name)
       SELECT id, id / 10, CASE WHEN id % 10 <> 0 THEN 'thing ' || id END FROM generate_series(1, 250) AS id`,
    )
    await query(`ANALYZE things`)
  })
  return createTestDatabase(template)
}

/** Everything that a command might have changed: objects, their columns, and every row. */
export async function fingerprint({ query }: TestDatabase): Promise<unknown> {
  const tables = await query<{ name: string }>(
    `SELECT format('%I.%I', n.nspname, c.relname) AS name
     FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
     WHERE c.oid >= 16384 AND c.relkind IN ('r', 'v') AND n.nspname NOT LIKE 'pg\\_%' ORDER BY 1`,
  )
  const objects = await query(
    `SELECT 'namespace' AS kind, nspname::text AS name FROM pg_namespace WHERE oid >= 16384
     UNION ALL SELECT 'function', oid::regprocedure::text FROM pg_proc WHERE oid >= 16384
     UNION ALL SELECT 'index', pg_get_indexdef(indexrelid) FROM pg_index WHERE indexrelid >= 16384 AND indrelid >= 16384
     UNION ALL SELECT 'column', attrelid::regclass || '.' || attname || ' ' || atttypid::regtype FROM pg_attribute
               WHERE attrelid >= 16384 AND attnum > 0
     ORDER BY 1, 2`,
  )
  const rows = []
  for (const { name } of tables)
    rows.push({ name, rows: await query(`SELECT t::text AS row FROM ${name} AS t ORDER BY 1`) })
  const counters = await query(
    `SELECT format('%I.%I', schemaname, sequencename) AS name, last_value FROM pg_sequences ORDER BY 1`,
  )
  return { objects, rows, counters }
}
