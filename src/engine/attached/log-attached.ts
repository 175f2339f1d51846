/** What stands for the journal and the time of installation where the tables are GitLab's own. */
import { attachedInstallation } from '../../shared/installation.ts'
import { sql } from '../../shared/sql.ts'
import { type EngineContext, inTransaction, onlyRow } from '../context.ts'
import { type LogCursor, type LogPage, readLog } from '../tracking/read-log.ts'

/** GitLab keeps six months of transitions, which may be millions: a copy begins with the newest. */
const COPIED_TRANSITIONS = 10_000

/** Transitions alone: GitLab keeps no journal. From the beginning (id 0) only the newest are told. */
export async function readLogAttached(context: EngineContext, after: LogCursor, limit: number): Promise<LogPage> {
  return readLog(context, after.transitionId === '0' ? await newest(context, after) : after, limit)
}

async function newest(context: EngineContext, { eventId }: LogCursor): Promise<LogCursor> {
  const { rows } = await inTransaction(context, (transaction) =>
    transaction.query(
      sql`SELECT greatest(0, coalesce(max(l.id), 0) - ${COPIED_TRANSITIONS}::int)::text AS id FROM ${context.tables.transitionLogs} AS l`,
    ),
  )
  return { eventId, transitionId: onlyRow<{ id: string }>(rows, 'a maximum returned no row').id }
}

/** Server, database and table: the same through every connection, another one where the tables were made anew. */
export async function readAttachedInstallation(context: EngineContext): Promise<string> {
  const { rows } = await inTransaction(context, (transaction) =>
    transaction.query(
      sql`SELECT format('%s:%s/%s/%s', coalesce(host(inet_server_addr()), 'local'), current_setting('port'), current_database(),
                        c.oid) AS place
            FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
           WHERE n.nspname = ${context.tables.schema}::name AND c.relname = 'batched_background_migrations'`,
    ),
  )
  return attachedInstallation(onlyRow<{ place: string }>(rows, 'the tracking tables are gone').place)
}
