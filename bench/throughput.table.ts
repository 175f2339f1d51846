/** The table that throughput.ts fills, in a database of its own: rows, what the statement makes of them, and the check. */
import type pg from 'pg'
import { defineBatchedMigration, sql } from '../src/catalogue/api.ts'
import type { BatchedMigrationDefinition } from '../src/catalogue/definition.ts'

/** Wide enough for a row of real life, with one more index that the update does not touch. */
export async function makeTable(client: pg.Client, rows: number): Promise<void> {
  await client.query(`
    CREATE TABLE routes (
      id bigint PRIMARY KEY,
      source_id bigint NOT NULL,
      source_type text NOT NULL,
      path text NOT NULL,
      name text NOT NULL,
      namespace_id bigint
    ) WITH (autovacuum_enabled = off)`)
  await client.query(
    `INSERT INTO routes (id, source_id, source_type, path, name)
     SELECT n, 1 + n * 7919 % 1000003, 'Namespace', 'group-' || n, 'Group number ' || n FROM generate_series(1, $1::bigint) AS n`,
    [rows],
  )
  await client.query('CREATE UNIQUE INDEX index_routes_on_path ON routes (path)')
  await client.query('CREATE EXTENSION IF NOT EXISTS pg_prewarm').catch(() => undefined)
  await client.query('VACUUM (ANALYZE)')
}

/** Every row holds its source's id; throws otherwise. */
export async function confirm(client: pg.Client, rows: number): Promise<void> {
  const { rows: found } = await client.query<{ total: string; wrong: string }>(
    `SELECT count(*) AS total, count(*) FILTER (WHERE namespace_id IS DISTINCT FROM source_id) AS wrong FROM routes`,
  )
  const { total, wrong } = found[0] ?? {}
  if (total !== String(rows) || wrong !== '0') {
    throw new Error(`of ${String(rows)} rows there are ${String(total)}, and ${String(wrong)} were not filled`)
  }
}

/** What the engine says of itself: exact counts, a proof of coverage, and the job class's own rows counted once. */
export async function confirmTracking(client: pg.Client, rows: number): Promise<void> {
  const { rows: found } = await client.query<Record<string, unknown>>(
    `SELECT sum(scanned)::text AS scanned, sum(changed)::text AS changed, bool_and(counts_exact) AS exact,
            sum(uncounted_sub_batches)::int AS uncounted,
            (SELECT count(*)::int FROM tranche.batched_background_migration_jobs WHERE status <> 3) AS unfinished,
            (SELECT status FROM tranche.batched_background_migrations) AS status
       FROM tranche.job_progress`,
  )
  const expected = { scanned: String(rows), changed: String(rows), exact: true, uncounted: 0, unfinished: 0, status: 3 }
  if (JSON.stringify(found[0]) !== JSON.stringify(expected)) {
    throw new Error(`the tracking tables say ${JSON.stringify(found[0])}, expected ${JSON.stringify(expected)}`)
  }
}

export function definition(batchSize: number, subBatchSize: number): BatchedMigrationDefinition {
  return defineBatchedMigration({
    jobClassName: 'FillNamespaceId',
    description: 'Fills namespace_id of every route.',
    table: 'routes',
    column: 'id',
    batchSize,
    subBatchSize,
    pauseMs: 0,
    samples: false,
    perform: ({ subBatch }) => sql`UPDATE routes SET namespace_id = source_id WHERE ${subBatch}`,
  })
}
