/**
 * GitLab's own tracking schema, seen through the names of ours: its three tables are there, and whatever we would read of
 * our companions beside them is derived from the jobs, or empty. For reading only.
 */
import { raw, sql, type Sql } from '../../shared/sql.ts'
import { JOB_STATUS_CODES } from '../../shared/status.ts'
import type { EngineContext } from '../context.ts'
import { type TrackingTables, trackingTables } from '../tracking/tables.ts'
import { jobsOf, migrationsOf, readAttachedColumns } from './attached-columns.ts'

/** A context that looks at GitLab's tables. Throws target_too_old. */
export async function attachedContext(context: EngineContext): Promise<EngineContext> {
  const { schema } = context.tables
  const columns = await readAttachedColumns(context)
  const core = trackingTables(schema)
  const seen = {
    migrations: migrationsOf(schema, columns.migrations, context.database),
    jobs: jobsOf(schema, columns.jobs),
  }
  return { ...context, tables: attachedTables(core, seen) }
}

/** The tables themselves, for writing what GitLab's own rules allow. */
export function writable(context: EngineContext): EngineContext {
  return { ...context, tables: trackingTables(context.tables.schema) }
}

function attachedTables(core: TrackingTables, seen: Pick<TrackingTables, 'migrations' | 'jobs'>): TrackingTables {
  return {
    ...core,
    ...seen,
    isAttached: true,
    progress: progressOf(core),
    details: detailsOf(core),
    frontier: frontierOf(core),
    runners: raw(EMPTY_RUNNERS),
    events: raw(EMPTY_EVENTS),
    leases: raw(EMPTY_LEASES),
    meta: raw('(SELECT true AS is_scheduling_on)'),
    // Asked of the rows of `runners` alone.
    isLive: raw('pg_catalog.isfinite'),
  }
}

/** As GitLab counts: the nominal size of each succeeded job. What it changed is the sum of its metrics. */
function progressOf({ jobs }: TrackingTables): Sql {
  const succeeded = sql`${raw('job.status')} = ${JOB_STATUS_CODES.succeeded}::int`
  return sql`(SELECT ${raw(`job.id AS job_id, job.batched_background_migration_id AS migration_id, NULL::uuid AS runner_id,
      0::bigint AS epoch, NULL::text[] AS "cursor", ARRAY[(job.min_value::numeric - 1)::text] AS planned_from,
      ARRAY[job.max_value::text] AS planned_to, 0::bigint AS unresolved, 0::bigint AS quarantined, false AS counts_exact,
      0 AS sub_batches, job.updated_at,`)}
      CASE WHEN ${succeeded} THEN ${raw('job.batch_size')} ELSE 0 END::bigint AS scanned,
      CASE WHEN ${succeeded} THEN ${raw(AFFECTED_ROWS)} ELSE 0 END::bigint AS changed
    FROM ${jobs} AS job)`
}

/** `metrics` is whatever a job class made of it; only numbers in lists by operation are counted. */
const AFFECTED_ROWS = `coalesce((
  SELECT sum(affected.value::text::numeric)
    FROM jsonb_each(CASE WHEN jsonb_typeof(job.metrics->'affected_rows') = 'object' THEN job.metrics->'affected_rows' ELSE '{}' END) AS operation,
         jsonb_array_elements(CASE WHEN jsonb_typeof(operation.value) = 'array' THEN operation.value ELSE '[]' END) AS affected
   WHERE jsonb_typeof(affected.value) = 'number'), 0)`

/** No definition is known; the distance between keys is measured where they are values. */
function detailsOf({ migrations }: TrackingTables): Sql {
  return sql`(SELECT ${raw(`m.id AS migration_id, NULL::oid AS table_oid, NULL::text AS definition_hash,
    CASE WHEN m.min_value IS NULL THEN ARRAY[]::text[] ELSE ARRAY['bigint'] END AS column_types`)} FROM ${migrations} AS m)`
}

/** GitLab keeps none: how far jobs were made is what the jobs say. */
function frontierOf({ migrations }: TrackingTables): Sql {
  return sql`(SELECT ${raw('m.id AS migration_id, NULL::text[] AS next_bound, false AS is_exhausted, NULL::int AS scan_rows')} FROM ${migrations} AS m)`
}

const EMPTY_RUNNERS = `(SELECT NULL::uuid AS id, NULL::bigint AS migration_id, NULL::text AS operator, NULL::text AS host,
  NULL::text AS boot_id, NULL::text AS pid_namespace, NULL::int AS pid, NULL::text AS pid_start, NULL::text AS version,
  false AS is_finalizing, NULL::timestamptz AS started_at, NULL::timestamptz AS heartbeat_at WHERE false)`

const EMPTY_LEASES = '(SELECT NULL::oid AS table_oid, NULL::bigint AS migration_id WHERE false)'

const EMPTY_EVENTS = `(SELECT NULL::bigint AS id, NULL::timestamptz AS at, NULL::bigint AS migration_id, NULL::bigint AS job_id,
  NULL::text AS kind, NULL::text AS operator, NULL::text AS host, NULL::jsonb AS details WHERE false)`
