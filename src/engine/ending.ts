/** Decides whether a migration ended. The statement that counts begins after migration and frontier are locked. */
import { sql } from '../shared/sql.ts'
import type { MigrationFailure } from '../shared/migration-failure.ts'
import { JOB_STATUS_CODES, type MigrationStatus } from '../shared/status.ts'
import { type EngineContext, inWritingTransaction, onlyRow } from './context.ts'
import { MAX_ATTEMPTS } from './takeover.ts'
import { recordEvent } from './tracking/record-event.ts'
import { lockMigration, type StatusChange, transitionMigration } from './transitions.ts'

/** More than this share of failed jobs, out of at least so many since the migration was started, fails it. */
const MAX_FAILED_SHARE = 0.5
const FAILED_SHARE_MIN_JOBS = 50

export interface Ending {
  readonly status: MigrationStatus
  /** The change that was decided here, or null. */
  readonly change: StatusChange | null
  /** Why it failed, where that was decided here. */
  readonly failure: MigrationFailure | null
  /** Jobs that runners hold at this moment. */
  readonly running: number
}

interface Counts {
  readonly is_exhausted: boolean
  readonly jobs: number
  readonly pending: number
  readonly running: number
  readonly retriable: number
  readonly failed: number
  readonly recent: number
  readonly recent_failed: number
}

/**
 * Finishes the migration when its range is used up and every job succeeded; fails it when only jobs without attempts are
 * left, or when too many failed since it was started. A failed job with attempts left counts as not ended. Journaled with why.
 */
export async function decideEnding(context: EngineContext, migrationId: string): Promise<Ending> {
  const { tables } = context
  return inWritingTransaction(context, async (transaction) => {
    const status = await lockMigration(transaction, context, migrationId, 'UPDATE')
    await transaction.query(sql`SELECT 1 FROM ${tables.frontier} WHERE migration_id = ${migrationId} FOR NO KEY UPDATE`)
    const { rows } = await transaction.query(
      sql`SELECT f.is_exhausted, count(j.id)::int AS jobs,
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
    const decision = isDrivable(status) ? decide(counts) : null
    if (decision === null) return { status, change: null, failure: null, running: counts.running }
    const { event, failure } = decision
    const change = await transitionMigration(transaction, context, { migrationId, event })
    const details = { ...change, ...(failure ?? { jobs: counts.jobs }) }
    await recordEvent(transaction, context, { kind: failure === null ? 'finished' : 'failed', migrationId, details })
    return { status: change.to, change, failure, running: counts.running }
  })
}

function isDrivable(status: MigrationStatus): boolean {
  return status === 'active' || status === 'finalizing'
}

interface Decision {
  readonly event: 'finish' | 'failure'
  readonly failure: MigrationFailure | null
}

function decide(counts: Counts): Decision | null {
  const { recent, recent_failed: failed } = counts
  if (recent >= FAILED_SHARE_MIN_JOBS && failed / recent > MAX_FAILED_SHARE)
    return { event: 'failure', failure: { rule: 'share', failed, of: recent } }
  if (!counts.is_exhausted || counts.pending + counts.running + counts.retriable > 0) return null
  return counts.failed > 0
    ? { event: 'failure', failure: { rule: 'attempts', failed: counts.failed, of: counts.jobs } }
    : { event: 'finish', failure: null }
}
