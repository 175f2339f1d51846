/** The journal and the transition log of the whole target in ascending order, as other consoles copy them. */
import { sql } from '../../shared/sql.ts'
import { jobStatusOf } from '../../shared/status.ts'
import { type EngineContext, inTransaction } from '../context.ts'
import type { TrackedEvent, TransitionLogEntry } from '../types.ts'
import { eventOf } from './read-events.ts'
import { iso } from './tables.ts'

/** Ids are given before rows are committed: so many before `after` are read again, in case one was late. */
const LATE_IDS = 100

export interface LogCursor {
  readonly eventId: string
  readonly transitionId: string
}

export interface LogPage {
  readonly events: readonly TrackedEvent[]
  readonly transitions: readonly (TransitionLogEntry & { readonly migrationId: string })[]
  /** Behind the newest rows of this page. */
  readonly next: LogCursor
  readonly hasMore: boolean
}

/** Some rows were told before; who keeps them knows their ids. */
export async function readLog(context: EngineContext, after: LogCursor, limit: number): Promise<LogPage> {
  const { tables } = context
  const { eventRows, transitionRows } = await inTransaction(context, async (transaction) => {
    const events = await transaction.query(
      sql`SELECT id, ${iso('at')} AS at, migration_id, job_id, kind, operator, host, details
            FROM ${tables.events} AS e WHERE id > ${after.eventId}::bigint - ${LATE_IDS}::int ORDER BY id LIMIT ${limit + LATE_IDS}`,
    )
    const transitions = await transaction.query(
      sql`SELECT l.id, l.batched_background_migration_job_id AS job_id, j.batched_background_migration_id AS migration_id,
                 ${iso('l.created_at')} AS at, l.previous_status, l.next_status, l.exception_class, l.exception_message
            FROM ${tables.transitionLogs} AS l JOIN ${tables.jobs} AS j ON j.id = l.batched_background_migration_job_id
           WHERE l.id > ${after.transitionId}::bigint - ${LATE_IDS}::int ORDER BY l.id LIMIT ${limit + LATE_IDS}`,
    )
    return { eventRows: events.rows, transitionRows: transitions.rows }
  })
  const events = eventRows.map(eventOf)
  const transitions = transitionRows.map(transitionOf)
  return {
    events,
    transitions,
    next: {
      eventId: later(after.eventId, events.at(-1)?.id),
      transitionId: later(after.transitionId, transitions.at(-1)?.id),
    },
    hasMore: events.length === limit + LATE_IDS || transitions.length === limit + LATE_IDS,
  }
}

function later(before: string, now: string | undefined): string {
  return now !== undefined && BigInt(now) > BigInt(before) ? now : before
}

function transitionOf(row: Record<string, unknown>): TransitionLogEntry & { readonly migrationId: string } {
  return {
    id: String(row.id),
    jobId: String(row.job_id),
    migrationId: String(row.migration_id),
    at: String(row.at),
    previousStatus: jobStatusOf(Number(row.previous_status)),
    nextStatus: jobStatusOf(Number(row.next_status)),
    exceptionClass: row.exception_class as string | null,
    exceptionMessage: row.exception_message as string | null,
  }
}
