/**
 * Sessions that wait for one of our sub-batches. Between two jobs nothing of ours holds a lock, so it is looked at while jobs
 * run, once a second, and the longest wait is remembered until the next evaluation.
 */
import { quoteIdentifier, sql, type Sql } from '../../shared/sql.ts'

export interface LongestWait {
  readonly seconds: number
  /** For people: the session that waited. */
  readonly who: string
}

interface Row {
  readonly pid: number
  readonly application: string | null
  readonly seconds: number
}

/**
 * Ours is who holds a row lock of the progress table: the guard takes it first in each sub-batch, whatever machine, pooler or
 * application name it comes from. Our own lanes wait for each other as a matter of course and do not count.
 */
export function waitsForUs(trackingSchema: string): Sql {
  const progress = `${quoteIdentifier(trackingSchema)}.job_progress`
  return sql`WITH ours AS (
      SELECT DISTINCT pid FROM pg_locks
       WHERE locktype = 'relation' AND granted AND mode IN ('RowShareLock', 'RowExclusiveLock')
         AND relation = to_regclass(${progress})::oid
         AND database = (SELECT oid FROM pg_database WHERE datname = current_database())),
    waiting AS (
      SELECT pid, min(waitstart) AS since FROM pg_locks WHERE NOT granted GROUP BY pid)
    SELECT w.pid, a.application_name AS application,
           coalesce(extract(epoch FROM clock_timestamp() - w.since), 0)::float8 AS seconds
      FROM waiting AS w LEFT JOIN pg_stat_activity AS a ON a.pid = w.pid
     WHERE EXISTS (SELECT FROM ours)
       AND w.pid NOT IN (SELECT pid FROM ours)
       AND pg_blocking_pids(w.pid) && (SELECT array_agg(pid) FROM ours)
     ORDER BY w.since`
}

export function longestOf(rows: readonly Record<string, unknown>[], known: LongestWait | null): LongestWait | null {
  const [row] = rows as unknown as Row[]
  if (row === undefined || row.seconds <= (known?.seconds ?? -1)) return known
  const name = row.application === null || row.application === '' ? '' : ` "${row.application}"`
  return { seconds: row.seconds, who: `session ${String(row.pid)}${name}` }
}
