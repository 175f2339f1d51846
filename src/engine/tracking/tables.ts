/** The tracking tables' qualified names. They are always schema-qualified: search_path belongs to the author. */
import { raw, sql, type Sql } from '../../shared/sql.ts'

export interface TrackingTables {
  readonly schema: string
  /** They are GitLab's own, seen through the names of ours: for reading only. */
  readonly isAttached: boolean
  readonly migrations: Sql
  readonly jobs: Sql
  readonly transitionLogs: Sql
  readonly meta: Sql
  readonly details: Sql
  readonly runners: Sql
  readonly leases: Sql
  readonly frontier: Sql
  readonly progress: Sql
  readonly quarantine: Sql
  readonly samples: Sql
  readonly events: Sql
  readonly snapshots: Sql
  readonly verifications: Sql
  readonly archive: Sql
  readonly guard: Sql
  readonly isLive: Sql
  readonly stepped: SteppedTables
}

/** Of stepped migrations. */
export interface SteppedTables {
  readonly connections: Sql
  readonly collections: Sql
  readonly migrations: Sql
  readonly leases: Sql
  readonly logs: Sql
}

export function trackingTables(schema: string): TrackingTables {
  const name = (object: string): Sql => sql.ident(schema, object)
  return {
    schema,
    isAttached: false,
    migrations: name('batched_background_migrations'),
    jobs: name('batched_background_migration_jobs'),
    transitionLogs: name('batched_background_migration_job_transition_logs'),
    meta: name('meta'),
    details: name('migration_details'),
    runners: name('runners'),
    leases: name('table_leases'),
    frontier: name('planning_frontier'),
    progress: name('job_progress'),
    quarantine: name('quarantine'),
    samples: name('samples'),
    events: name('events'),
    snapshots: name('definition_snapshots'),
    verifications: name('verifications'),
    archive: name('archive'),
    guard: name('guard_sub_batch'),
    isLive: name('is_live'),
    stepped: {
      connections: name('stepped_connections'),
      collections: name('stepped_collections'),
      migrations: name('stepped_migrations'),
      leases: name('stepped_leases'),
      logs: name('stepped_logs'),
    },
  }
}

/** A timestamptz column as ISO text in UTC, whatever the session's DateStyle and TimeZone are. */
export function iso(column: string): Sql {
  return raw(`to_char(${column} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')`)
}
