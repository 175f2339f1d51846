/**
 * Moves a migration out of the tracking tables into `archive`: its row with everything that was known of it, its jobs with
 * their progress, and their transition logs. A row of the archive holds so many jobs at most, since jsonb has an end.
 */
import { sql } from '../../shared/sql.ts'
import { JOB_STATUS_CODES } from '../../shared/status.ts'
import type { EngineContext } from '../context.ts'
import type { Transaction } from '../target/transaction.ts'

const JOBS_PER_ROW = 1_000

export interface Archiving {
  readonly migrationId: string
  readonly reason: 'deleted' | 'requeued'
}

/** Archives the migration, then deletes it; jobs and companions go with it. The caller holds its row FOR UPDATE. */
export async function archiveMigration(
  transaction: Transaction,
  context: EngineContext,
  archiving: Archiving,
): Promise<void> {
  await insertHead(transaction, context, archiving)
  let after: string | null = '-9223372036854775808'
  while (after !== null) after = await insertJobs(transaction, context, archiving, after)
  const { tables } = context
  // It has no foreign key to the migration (schema/0005.sql says why), so it does not go by itself.
  await transaction.query(sql`DELETE FROM ${tables.quarantine} WHERE migration_id = ${archiving.migrationId}`)
  await transaction.query(sql`DELETE FROM ${tables.migrations} WHERE id = ${archiving.migrationId}`)
}

/** Names the migration that a requeued one became. */
export async function linkSuccessor(
  transaction: Transaction,
  { tables }: EngineContext,
  { migrationId, successorId }: { readonly migrationId: string; readonly successorId: string },
): Promise<void> {
  await transaction.query(
    sql`UPDATE ${tables.archive} SET migration = migration || jsonb_build_object('requeued_as', ${successorId}::bigint)
         WHERE migration->>'id' = ${migrationId} AND archived_at = transaction_timestamp()`,
  )
}

/** The migration itself with its companions and the sums of its jobs. */
async function insertHead(
  transaction: Transaction,
  { tables, identity }: EngineContext,
  { migrationId, reason }: Archiving,
): Promise<void> {
  await transaction.query(
    sql`INSERT INTO ${tables.archive} (archived_at, reason, operator, migration, jobs, transition_logs)
        SELECT transaction_timestamp(), ${reason}, ${identity.operator},
               to_jsonb(m) || jsonb_build_object(
                 'details', (SELECT to_jsonb(d) FROM ${tables.details} AS d WHERE d.migration_id = m.id),
                 'definition', (SELECT to_jsonb(s) FROM ${tables.snapshots} AS s WHERE s.migration_id = m.id),
                 'verifications', (SELECT jsonb_agg(to_jsonb(v) ORDER BY v.id) FROM ${tables.verifications} AS v WHERE v.migration_id = m.id),
                 'samples', (SELECT jsonb_agg(to_jsonb(s) ORDER BY s.ordinal) FROM ${tables.samples} AS s WHERE s.migration_id = m.id),
                 'counts', (SELECT jsonb_build_object(
                     'jobs', count(*), 'succeeded', count(*) FILTER (WHERE j.status = ${JOB_STATUS_CODES.succeeded}),
                     'scanned', coalesce(sum(p.scanned), 0), 'changed', coalesce(sum(p.changed), 0))
                   FROM ${tables.jobs} AS j LEFT JOIN ${tables.progress} AS p ON p.job_id = j.id
                  WHERE j.batched_background_migration_id = m.id)),
               '[]', '[]'
          FROM ${tables.migrations} AS m WHERE m.id = ${migrationId}`,
  )
}

/** The next jobs by id, each with its progress and its quarantined rows. Returns the last one's id, null when none is left. */
async function insertJobs(
  transaction: Transaction,
  { tables, identity }: EngineContext,
  { migrationId, reason }: Archiving,
  after: string,
): Promise<string | null> {
  const { rows } = await transaction.query(
    sql`WITH part AS MATERIALIZED (
          SELECT j.* FROM ${tables.jobs} AS j
           WHERE j.batched_background_migration_id = ${migrationId} AND j.id > ${after}::bigint
           ORDER BY j.id LIMIT ${JOBS_PER_ROW}),
        added AS (
          INSERT INTO ${tables.archive} (archived_at, reason, operator, migration, jobs, transition_logs)
          SELECT transaction_timestamp(), ${reason}, ${identity.operator}, to_jsonb(m),
                 (SELECT jsonb_agg(to_jsonb(part) || jsonb_build_object(
                           'progress', (SELECT to_jsonb(p) FROM ${tables.progress} AS p WHERE p.job_id = part.id),
                           'quarantine', (SELECT jsonb_agg(to_jsonb(q) ORDER BY q.id) FROM ${tables.quarantine} AS q
                                           WHERE q.migration_id = m.id AND q.job_id = part.id))
                         ORDER BY part.id) FROM part),
                 (SELECT coalesce(jsonb_agg(to_jsonb(l) ORDER BY l.id), '[]') FROM ${tables.transitionLogs} AS l
                   WHERE l.batched_background_migration_job_id IN (SELECT id FROM part))
            FROM ${tables.migrations} AS m WHERE m.id = ${migrationId} AND EXISTS (SELECT FROM part))
        SELECT max(id)::text AS last FROM part`,
  )
  const [row] = rows as { last: string | null }[]
  return row?.last ?? null
}
