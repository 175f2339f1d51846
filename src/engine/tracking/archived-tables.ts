/**
 * A migration in the archive, seen through the names of the tables that it was in: what reads those reads it too. For
 * reading only.
 */
import { raw, sql, type Sql } from '../../shared/sql.ts'
import { type EngineContext, inTransaction } from '../context.ts'
import { findMigration } from './find-migration.ts'
import { readArchive } from './read-archive.ts'
import type { TrackingTables } from './tables.ts'

/** The tracking tables, or the archive where the migration is in that. Whoever reads throws where it is in neither. */
export async function whereItIs(context: EngineContext, migrationId: string): Promise<EngineContext> {
  const isThere = await inTransaction(context, async (transaction) => {
    return (await findMigration(transaction, context.tables, migrationId)) !== null
  })
  if (isThere || (await readArchive(context, migrationId)).length === 0) return context
  return { ...context, tables: archivedTables(context.tables, migrationId) }
}

function archivedTables(tables: TrackingTables, migrationId: string): TrackingTables {
  const { archive } = tables
  const ofIt = sql`archived.migration->>'id' = ${migrationId}`
  /** The first of its rows has the migration with its companions, the others each some of its jobs. */
  const head = sql`(SELECT archived.migration FROM ${archive} AS archived WHERE ${ofIt} AND archived.migration ? 'counts')`
  const jobs = sql`(SELECT job FROM ${archive} AS archived, jsonb_array_elements(archived.jobs) AS job WHERE ${ofIt})`
  const one = (table: Sql, key: Sql): Sql =>
    sql`(SELECT r.* FROM ${head} AS h, jsonb_populate_record(NULL::${table}, ${key}) AS r WHERE ${key} IS NOT NULL)`
  const many = (table: Sql, key: string): Sql =>
    sql`(SELECT r.* FROM ${head} AS h, jsonb_array_elements(${elements(`h.migration->'${key}'`)}) AS each_one,
                jsonb_populate_record(NULL::${table}, each_one) AS r)`
  return {
    ...tables,
    migrations: one(tables.migrations, raw('h.migration')),
    details: one(tables.details, raw(`h.migration->'details'`)),
    snapshots: one(tables.snapshots, raw(`h.migration->'definition'`)),
    verifications: many(tables.verifications, 'verifications'),
    samples: many(tables.samples, 'samples'),
    jobs: sql`(SELECT r.* FROM ${jobs} AS j, jsonb_populate_record(NULL::${tables.jobs}, j.job) AS r)`,
    progress: sql`(SELECT r.* FROM ${jobs} AS j, jsonb_populate_record(NULL::${tables.progress}, j.job->'progress') AS r
                    WHERE jsonb_typeof(j.job->'progress') = 'object')`,
    quarantine: sql`(SELECT r.* FROM ${jobs} AS j, jsonb_array_elements(${elements(`j.job->'quarantine'`)}) AS each_one,
                            jsonb_populate_record(NULL::${tables.quarantine}, each_one) AS r)`,
    transitionLogs: sql`(SELECT r.* FROM ${archive} AS archived, jsonb_array_elements(archived.transition_logs) AS each_one,
                                jsonb_populate_record(NULL::${tables.transitionLogs}, each_one) AS r WHERE ${ofIt})`,
    frontier: sql`(SELECT ${migrationId}::bigint AS migration_id, NULL::text[] AS next_bound, true AS is_exhausted,
                          NULL::integer AS scan_rows)`,
    runners: sql`(SELECT r.* FROM ${tables.runners} AS r WHERE false)`,
  }
}

/** NULL, which an empty list was archived as, has no elements. */
function elements(expression: string): Sql {
  return raw(`CASE WHEN jsonb_typeof(${expression}) = 'array' THEN ${expression} ELSE '[]' END`)
}
