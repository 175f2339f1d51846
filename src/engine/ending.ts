/** Decides whether a migration ended. The statement that counts begins after migration and frontier are locked. */
import { sql } from '../shared/sql.ts'
import { JOB_STATUS_CODES, type MigrationStatus } from '../shared/status.ts'
import { type EngineContext, inWritingTransaction, onlyRow } from './context.ts'
import { MAX_ATTEMPTS } from './takeover.ts'
import { lockMigration, type StatusChange, transitionMigration } from './transitions.ts'

/** More than this share of failed jobs, out of at least so many since the migration was started, fails it. */
const MAX_FAILED_SHARE = 0.5
const FAILED_SHARE_MIN_JOBS = 50

export interface Ending {
  readonly status: MigrationStatus
  /** The change that was decided here, or null. */
  readonly change: StatusChange | null
  /** Jobs that runners hold at this moment. */
  readonly running: number
}

interface Counts {
  readonly is_exhausted: boolean
  readonly pending: number
  readonly running: number
  readonly retriable: number
  readonly failed: number
  readonly recent: number
  readonly recent_failed: number
}

/**
 * Finishes the migration when its range is used up and every job succeeded; fails it when only jobs without attempts are
 * left, or when too many failed since it was started. A failed job with attempts left counts as not ended.
 */
export async function decideEnding(context: EngineContext, migrationId: string): Promise<Ending> {
  const { tables } = context
  return inWritingTransaction(context, async (transaction) => {
    const status = await lockMigration(transaction, context, migrationId, 'UPDATE')
    await transaction.query(sql`SELECT 1 FROM ${tables.frontier} WHERE migration_id = ${migrationId} FOR NO KEY UPDATE`)
    const { rows } = await transaction.query(
      sql`SELECT f.is_exhausted,
                 count(j.id) FILTER (WHERE j.status = ${JOB_STATUS_CODES.pending})::int AS pending,
                 count(j.id) FILTER (WHERE j.status = ${JOB_STATUS_CODES.running})::int AS running,
                 count(j.id) FILTER (WHERE j.status = ${JOB_STATUS_CODES.failed} AND j.attempts < ${MAX_ATTEMPTS})::int AS retriable,
                 count(j.id) FILTER (WHERE j.status = ${JOB_STATUS_CODES.failed})::int AS failed,
                 count(j.id) FILTER (WHERE j.created_at >= m.started_at)::int AS recent,
                 count(j.id) FILTER (WHERE j.created_at >= m.started_at AND j.status = ${JOB_STATUS_CODES.failed})::int AS recent_failed
            FROM ${tables.migrations} AS m
            JOIN ${tables.frontier} AS f ON f.migration_id = m.id
            LEFT JOIN ${tables.jobs} AS j ON j.batched_background_migration_id = m.id
           WHERE m.id = ${migrationId}
           GROUP BY f.is_exhausted`,
    )
    const counts = onlyRow<Counts>(rows, `migration ${migrationId} has no planning frontier`)
    const event = isDrivable(status) ? decide(counts) : null
    if (event === null) return { status, change: null, running: counts.running }
    const change = await transitionMigration(transaction, context, { migrationId, event })
    return { status: change.to, change, running: counts.running }
  })
}

function isDrivable(status: MigrationStatus): boolean {
  return status === 'active' || status === 'finalizing'
}

function decide(counts: Counts): 'finish' | 'failure' | null {
  if (counts.recent >= FAILED_SHARE_MIN_JOBS && counts.recent_failed / counts.recent > MAX_FAILED_SHARE)
    return 'failure'
  if (!counts.is_exhausted || counts.pending + counts.running + counts.retriable > 0) return null
  return counts.failed > 0 ? 'failure' : 'finish'
}
