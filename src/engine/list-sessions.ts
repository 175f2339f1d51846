/** Sessions of Tranche in this database, whatever machine they come from, and who keeps one of them waiting. */
import type { BlockerView, SessionView } from '../shared/session-view.ts'
import { sql } from '../shared/sql.ts'
import { type EngineContext, inTransaction } from './context.ts'

/** As every connection of ours is named; behind a pooler that may be lost, and then nothing is listed. */
const OURS = 'tranche/%'

/** Newest transaction last; the session that asks is none of them. Changes nothing. */
export async function listSessions(context: EngineContext): Promise<readonly SessionView[]> {
  return inTransaction(
    context,
    async (transaction) => {
      const { rows } = await transaction.query(
        sql`WITH sessions AS MATERIALIZED (
              SELECT a.pid, a.application_name, a.state, a.wait_event_type,
                     extract(epoch FROM clock_timestamp() - a.xact_start)::float8 AS transaction_seconds
                FROM pg_stat_activity AS a
               WHERE a.datname = current_database() AND a.application_name LIKE ${OURS} AND a.pid <> pg_backend_pid()),
            waits AS (
              SELECT s.pid, pg_blocking_pids(s.pid) AS by,
                     (SELECT coalesce(extract(epoch FROM clock_timestamp() - min(l.waitstart)), 0)::float8
                        FROM pg_locks AS l WHERE l.pid = s.pid AND NOT l.granted) AS seconds
                FROM sessions AS s WHERE s.wait_event_type = 'Lock')
            SELECT s.pid, s.application_name AS application, coalesce(s.state, 'unknown') AS state,
                   s.transaction_seconds AS "transactionSeconds", w.seconds AS "blockedSeconds",
                   coalesce((SELECT jsonb_agg(jsonb_build_object('pid', b.pid, 'application', nullif(a.application_name, ''),
                                    'state', a.state, 'isOurs', coalesce(a.application_name LIKE ${OURS}, false)) ORDER BY b.pid)
                               FROM (SELECT DISTINCT unnest(w.by) AS pid) AS b
                               LEFT JOIN pg_stat_activity AS a ON a.pid = b.pid), '[]') AS by
              FROM sessions AS s LEFT JOIN waits AS w ON w.pid = s.pid
             ORDER BY s.transaction_seconds DESC NULLS LAST, s.pid`,
      )
      return (rows as unknown as Row[]).map(({ blockedSeconds, by, ...session }) => ({
        ...session,
        blocked: blockedSeconds === null ? null : { seconds: blockedSeconds, by },
      }))
    },
    { isReadOnly: true },
  )
}

interface Row extends Omit<SessionView, 'blocked'> {
  readonly blockedSeconds: number | null
  readonly by: readonly BlockerView[]
}
