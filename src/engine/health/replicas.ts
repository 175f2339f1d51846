/** The replicas of the target as `pg_stat_replication` has them. */
import { sql, type Sql } from '../../shared/sql.ts'

export interface ReplicaRow {
  readonly name: string
  /** null: this role may not see it. */
  readonly state: string | null
  /** null: it may not be seen, or no position was reported. */
  readonly lag_bytes: string | null
  readonly lag_seconds: number | null
}

/** A base backup is no replica. What only receives WAL (pg_receivewal) never replays it. */
export const selectReplicas: Sql = sql`
  SELECT coalesce(nullif(application_name, ''), 'pid ' || pid) AS name, state,
         pg_wal_lsn_diff(pg_current_wal_lsn(), coalesce(replay_lsn, flush_lsn)) AS lag_bytes,
         extract(epoch FROM coalesce(replay_lag, flush_lag))::float8 AS lag_seconds
    FROM pg_stat_replication
   WHERE state IS DISTINCT FROM 'backup'`

/** `replay_lag` is NULL on an idle replica that has replayed everything; that is no lag. */
export function lagOf({ lag_bytes, lag_seconds }: ReplicaRow): { readonly bytes: number; readonly seconds: number } {
  const bytes = Math.max(0, Number(lag_bytes))
  return { bytes, seconds: bytes === 0 ? 0 : (lag_seconds ?? 0) }
}
