import { sql } from '../../shared/sql.ts'
import { jobStatusOf } from '../../shared/status.ts'
import type { Transaction } from '../target/transaction.ts'
import type { TransitionLogEntry } from '../types.ts'
import { iso, type TrackingTables } from './tables.ts'

interface LogRow {
  readonly id: string
  readonly job_id: string
  readonly at: string
  readonly previous_status: number
  readonly next_status: number
  readonly exception_class: string | null
  readonly exception_message: string | null
}

/** The transition log of these jobs, oldest first. */
export async function readTransitions(
  transaction: Transaction,
  { tables }: { readonly tables: TrackingTables },
  jobIds: readonly string[],
): Promise<readonly TransitionLogEntry[]> {
  const { rows } = await transaction.query(
    sql`SELECT l.id, l.batched_background_migration_job_id AS job_id, ${iso('l.created_at')} AS at, l.previous_status, l.next_status,
               l.exception_class, l.exception_message
          FROM ${tables.transitionLogs} AS l
         WHERE l.batched_background_migration_job_id = ANY (${[...jobIds]}::bigint[])
         ORDER BY l.id`,
  )
  return (rows as unknown as LogRow[]).map((row) => ({
    id: row.id,
    jobId: row.job_id,
    at: row.at,
    previousStatus: jobStatusOf(row.previous_status),
    nextStatus: jobStatusOf(row.next_status),
    exceptionClass: row.exception_class,
    exceptionMessage: row.exception_message,
  }))
}
