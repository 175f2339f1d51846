/**
 * Takes, settles and gives back claims. Whoever takes, takes over or resolves one raises the epoch under the progress
 * row's lock, and believes only the cursor that this returns.
 */
import { sql, type Sql } from '../shared/sql.ts'
import { JOB_STATUS_CODES, type JobStatus, migrationStatusOf } from '../shared/status.ts'
import type { Claim, ClaimOutcome } from './claim.ts'
import { type JobRow, raiseEpoch, readJob, toClaim } from './claim-row.ts'
import { type EngineContext, inWritingTransaction } from './context.ts'
import type { Drive } from './drive.ts'
import type { NextRange } from './foresight.ts'
import { isPlanningTimeout, planByRows } from './plan-by-rows.ts'
import { nextRange, planning, planNextJob, readNextRange } from './planner.ts'
import { lastStart, spacing } from './spacing.ts'
import { giveBack, MAX_ATTEMPTS } from './takeover.ts'
import type { Answer } from './target/flight.ts'
import type { Transaction } from './target/transaction.ts'
import { transitionJob } from './transitions.ts'

const CANDIDATES = 8

/**
 * Claims a job: pending ones first, then a new range, then failed ones with attempts left. One transaction; another one
 * where planning took too long and goes on by rows read.
 */
export async function claimJob(context: EngineContext, drive: Drive): Promise<ClaimOutcome> {
  for (;;) {
    try {
      return await claimOnce(context, drive)
    } catch (error) {
      if (!isPlanningTimeout(context, error) || !(await planByRows(context, drive))) throw error
    }
  }
}

async function claimOnce(context: EngineContext, drive: Drive): Promise<ClaimOutcome> {
  return inWritingTransaction(
    context,
    async (transaction) => {
      // Everything that is to be known is asked in one round trip, in the order in which locks are taken.
      const [lease, state, runner, pending, frontier, plan] = await transaction.queryAll([
        ...mayClaim(context, drive),
        candidates(context, drive, 'pending'),
        ...nextRange(context, drive),
      ])
      const refusal = refuse(drive, { lease, state, runner })
      if (refusal !== null) return refusal
      const upcoming = readNextRange(drive, { frontier, plan })
      if (drive.isPaced) {
        const wait = await checkIsDue(transaction, context, drive, upcoming)
        if (wait !== null) return wait
      }
      if (drive.onlyJobId !== null) return claimOnly(transaction, context, drive, drive.onlyJobId)
      const waiting = idsOf(pending)
      if (waiting.length > 0) {
        const claim = await claimOneOf(transaction, context, drive, { jobIds: waiting, from: 'pending' })
        // Those that others hold keep nobody from a new range.
        if (claim !== null) return { kind: 'claimed', claim }
      }
      const planned = await planNextJob(transaction, context, drive, upcoming)
      if (planned.kind !== 'exhausted') return planned
      const jobIds = idsOf(await transaction.query(candidates(context, drive, 'failed')))
      const claim = await claimOneOf(transaction, context, drive, { jobIds, from: 'failed' })
      if (claim !== null) return { kind: 'claimed', claim }
      // Candidates that others hold are not the end of the work.
      return { kind: waiting.length > 0 ? 'busy' : 'nothing' }
    },
    planning(context, drive),
  )
}

/** Locks lease, migration and our own runner's row against change, in this order. */
function mayClaim({ tables }: EngineContext, { migration, runnerId, scoped }: Drive): readonly Sql[] {
  return [
    sql`SELECT 1 FROM ${tables.leases} WHERE table_oid = ${scoped.table.leaseOid}::oid AND migration_id = ${migration.id} FOR SHARE`,
    sql`SELECT status, on_hold_until IS NOT NULL AS is_held,
               extract(epoch FROM on_hold_until)::float8 AS hold_until, extract(epoch FROM clock_timestamp())::float8 AS server_now
          FROM ${tables.migrations} WHERE id = ${migration.id} FOR SHARE`,
    sql`SELECT 1 FROM ${tables.runners} WHERE id = ${runnerId} FOR KEY SHARE`,
  ]
}

interface MayClaim {
  readonly lease: Answer | undefined
  readonly state: Answer | undefined
  readonly runner: Answer | undefined
}

/** Why no job may be started now; null: one may. */
function refuse(drive: Drive, { lease, state, runner }: MayClaim): ClaimOutcome | null {
  if (lease?.rowCount !== 1) return { kind: 'taken_over' }
  const [row] = (state?.rows ?? []) as { status: number; is_held: boolean; hold_until: number; server_now: number }[]
  if (row === undefined) return { kind: 'taken_over' }
  const status = migrationStatusOf(row.status)
  if (!drive.drivenStatuses.includes(status)) return { kind: 'not_driven', status }
  if (runner?.rowCount !== 1) return { kind: 'taken_over' }
  // Also when its time is over: the indicators are asked before anything goes on.
  if (row.is_held && !drive.ignoresHealth) {
    return { kind: 'held', until: new Date(row.hold_until * 1000), serverNow: new Date(row.server_now * 1000) }
  }
  return null
}

/** Interval from start to start, retries included. The frontier's lock keeps two paced runners from starting at once. */
async function checkIsDue(
  transaction: Transaction,
  { tables }: Pick<EngineContext, 'tables'>,
  { migration }: Drive,
  upcoming: NextRange | null,
): Promise<ClaimOutcome | null> {
  if (upcoming === null) return { kind: 'busy' }
  const { rows } = await transaction.query(
    sql`SELECT ${spacing('m')} - extract(epoch FROM clock_timestamp() - ${lastStart(tables, 'm')})::float8 AS seconds
          FROM ${tables.migrations} AS m WHERE m.id = ${migration.id}`,
  )
  const [row] = rows as { seconds: number | null }[]
  const seconds = row?.seconds ?? 0
  return seconds > 0 ? { kind: 'not_due', seconds } : null
}

async function claimOnly(
  transaction: Transaction,
  context: EngineContext,
  drive: Drive,
  jobId: string,
): Promise<ClaimOutcome> {
  for (const from of ['pending', 'failed'] as const) {
    const claim = await claimCandidate(transaction, context, drive, { jobId, from })
    if (claim !== null) return { kind: 'claimed', claim }
  }
  return { kind: 'nothing' }
}

function candidates({ tables }: EngineContext, { migration }: Drive, status: 'pending' | 'failed'): Sql {
  return sql`SELECT id FROM ${tables.jobs}
              WHERE batched_background_migration_id = ${migration.id} AND status = ${JOB_STATUS_CODES[status]}
                ${status === 'failed' ? sql`AND attempts < ${MAX_ATTEMPTS}` : sql``}
              ORDER BY id LIMIT ${CANDIDATES}`
}

function idsOf(answer: Answer | undefined): readonly string[] {
  return (answer?.rows ?? []).map(({ id }) => String(id))
}

async function claimOneOf(
  transaction: Transaction,
  context: EngineContext,
  drive: Drive,
  { jobIds, from }: { readonly jobIds: readonly string[]; readonly from: JobStatus },
): Promise<Claim | null> {
  for (const jobId of jobIds) {
    const claim = await claimCandidate(transaction, context, drive, { jobId, from })
    if (claim !== null) return claim
  }
  return null
}

async function claimCandidate(
  transaction: Transaction,
  context: EngineContext,
  drive: Drive,
  { jobId, from }: { readonly jobId: string; readonly from: JobStatus },
): Promise<Claim | null> {
  const { tables } = context
  const locked = await transaction.query(
    sql`SELECT 1 FROM ${tables.progress} WHERE job_id = ${jobId} FOR NO KEY UPDATE SKIP LOCKED`,
  )
  if (locked.rowCount === 0) return null
  // Only now, with the progress row locked, does the job's status say whether it is still to be had.
  const job = await readJob(transaction, context, jobId)
  if (job?.status !== JOB_STATUS_CODES[from]) return null
  if (from === 'failed' && job.attempts >= MAX_ATTEMPTS) return null
  return startClaim(transaction, context, drive, { job, from })
}

async function startClaim(
  transaction: Transaction,
  context: EngineContext,
  drive: Drive,
  { job, from }: { readonly job: JobRow; readonly from: JobStatus },
): Promise<Claim> {
  const raised = await raiseEpoch(transaction, context, {
    jobId: job.id,
    runnerId: drive.runnerId,
    knowsCounts: false,
  })
  const attempt = await transitionJob(transaction, context, { jobId: job.id, from, to: 'running', attempts: 1 })
  return toClaim(transaction, drive, { job, from, raised, attempt })
}

/** Gives a claim back: running → pending, the attempt taken back. Does nothing when it was lost already. */
export async function releaseClaim(
  context: EngineContext,
  drive: Drive,
  jobId: string,
  reason: string,
): Promise<boolean> {
  return inWritingTransaction(context, (transaction) =>
    giveBack(transaction, context, {
      jobId,
      expectedRunner: drive.runnerId,
      exceptionClass: 'RunnerReleased',
      exceptionMessage: reason,
    }),
  )
}
