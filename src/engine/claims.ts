/**
 * Takes, settles and gives back claims. Whoever takes, takes over or resolves one raises the epoch under the progress
 * row's lock, and believes only the cursor that this returns.
 */
import { sql } from '../shared/sql.ts'
import { JOB_STATUS_CODES, type JobStatus, migrationStatusOf } from '../shared/status.ts'
import type { Claim, ClaimOutcome, Resolution } from './claim.ts'
import { type EngineContext, inWritingTransaction } from './context.ts'
import type { Drive } from './drive.ts'
import { planNextJob, planRest } from './planner.ts'
import { giveBack, MAX_ATTEMPTS } from './takeover.ts'
import type { Transaction } from './target/transaction.ts'
import { transitionJob } from './transitions.ts'
import type { Key } from './types.ts'

const PLANNING = { isPlanning: true } as const
const CANDIDATES = 8
/** GitLab's variance: a job may start this much before its interval has passed, so that a tick does not miss it. */
const INTERVAL_VARIANCE_SECONDS = 5

/** Claims a job: pending ones first, then a new range, then failed ones with attempts left. One transaction. */
export async function claimJob(context: EngineContext, drive: Drive): Promise<ClaimOutcome> {
  return inWritingTransaction(
    context,
    async (transaction) => {
      const refusal = await checkMayClaim(transaction, context, drive)
      if (refusal !== null) return refusal
      const pending = await claimExisting(transaction, context, drive, 'pending')
      if (pending !== null) return pending
      const planned = await planNextJob(transaction, context, drive)
      if (planned.kind !== 'exhausted') return planned
      return (await claimExisting(transaction, context, drive, 'failed')) ?? { kind: 'nothing' }
    },
    PLANNING,
  )
}

/** Locks lease, migration and our own runner's row against change, in this order, and reads whether a job may start. */
async function checkMayClaim(
  transaction: Transaction,
  { tables }: EngineContext,
  drive: Drive,
): Promise<ClaimOutcome | null> {
  const { migration, runnerId, scoped } = drive
  const lease = await transaction.query(
    sql`SELECT 1 FROM ${tables.leases} WHERE table_oid = ${scoped.table.oid}::oid AND migration_id = ${migration.id} FOR SHARE`,
  )
  if (lease.rowCount === 0) return { kind: 'taken_over' }
  const { rows } = await transaction.query(
    sql`SELECT status, on_hold_until > clock_timestamp() AS is_held,
               extract(epoch FROM on_hold_until)::float8 AS hold_until, extract(epoch FROM clock_timestamp())::float8 AS server_now
          FROM ${tables.migrations} WHERE id = ${migration.id} FOR SHARE`,
  )
  const [row] = rows as { status: number; is_held: boolean | null; hold_until: number; server_now: number }[]
  if (row === undefined) return { kind: 'taken_over' }
  const status = migrationStatusOf(row.status)
  if (!drive.drivenStatuses.includes(status)) return { kind: 'not_driven', status }
  const runner = await transaction.query(sql`SELECT 1 FROM ${tables.runners} WHERE id = ${runnerId} FOR KEY SHARE`)
  if (runner.rowCount === 0) return { kind: 'taken_over' }
  if (row.is_held === true) {
    return { kind: 'held', until: new Date(row.hold_until * 1000), serverNow: new Date(row.server_now * 1000) }
  }
  return drive.isPaced ? checkIsDue(transaction, { tables }, drive) : null
}

/** Interval from start to start, retries included. The frontier's lock keeps two paced runners from starting at once. */
async function checkIsDue(
  transaction: Transaction,
  { tables }: Pick<EngineContext, 'tables'>,
  { migration }: Drive,
): Promise<ClaimOutcome | null> {
  const frontier = await transaction.query(
    sql`SELECT 1 FROM ${tables.frontier} WHERE migration_id = ${migration.id} FOR NO KEY UPDATE SKIP LOCKED`,
  )
  if (frontier.rowCount === 0) return { kind: 'busy' }
  const { rows } = await transaction.query(
    sql`SELECT ("interval" - ${INTERVAL_VARIANCE_SECONDS}::int)
               - extract(epoch FROM clock_timestamp() - (
                   SELECT max(j.started_at) FROM ${tables.jobs} AS j WHERE j.batched_background_migration_id = m.id
                 ))::float8 AS seconds
          FROM ${tables.migrations} AS m WHERE m.id = ${migration.id}`,
  )
  const [row] = rows as { seconds: number | null }[]
  const seconds = row?.seconds ?? 0
  return seconds > 0 ? { kind: 'not_due', seconds } : null
}

async function claimExisting(
  transaction: Transaction,
  context: EngineContext,
  drive: Drive,
  from: 'pending' | 'failed',
): Promise<ClaimOutcome | null> {
  const { tables } = context
  const { rows } = await transaction.query(
    sql`SELECT id FROM ${tables.jobs}
         WHERE batched_background_migration_id = ${drive.migration.id} AND status = ${JOB_STATUS_CODES[from]}
           ${from === 'failed' ? sql`AND attempts < ${MAX_ATTEMPTS}` : sql``}
         ORDER BY id LIMIT ${CANDIDATES}`,
  )
  for (const { id } of rows as { id: string }[]) {
    const claim = await claimCandidate(transaction, context, drive, { jobId: id, from })
    if (claim !== null) return { kind: 'claimed', claim }
  }
  // Candidates that others hold are not the end of the work.
  return rows.length > 0 && from === 'pending' ? { kind: 'busy' } : null
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
  const { epoch, cursor } = await raiseEpoch(transaction, context, job.id, drive.runnerId)
  const attempt = await transitionJob(transaction, context, { jobId: job.id, from, to: 'running', attempts: 1 })
  return toClaim(transaction, drive, { job, epoch, cursor, attempt })
}

async function toClaim(
  transaction: Transaction,
  drive: Drive,
  { job, epoch, cursor, attempt }: { job: JobRow; epoch: string; cursor: Key | null; attempt: number },
): Promise<Claim> {
  const min = keyOf(job.min_value, job.min_cursor)
  const max = keyOf(job.max_value, job.max_cursor)
  const slices = await planRest(transaction, drive, { min, max, cursor, subBatchSize: job.sub_batch_size })
  return {
    jobId: job.id,
    epoch,
    attempt,
    min,
    max,
    cursor,
    slices,
    subBatchSize: job.sub_batch_size,
    pauseMs: job.pause_ms,
  }
}

/**
 * Settles a claim after its connection was lost: waits for the old backend's lock, raises the epoch, and goes on from the
 * cursor that comes back. A plain read would be wrong: the old backend may still be at work.
 */
export async function resolveClaim(context: EngineContext, drive: Drive, jobId: string): Promise<Resolution> {
  return inWritingTransaction(
    context,
    async (transaction) => {
      const locked = await transaction.query(
        sql`SELECT 1 FROM ${context.tables.progress} WHERE job_id = ${jobId} AND runner_id = ${drive.runnerId} FOR NO KEY UPDATE`,
      )
      if (locked.rowCount === 0) return { kind: 'claim_lost' }
      const job = await readJob(transaction, context, jobId)
      if (job?.status === JOB_STATUS_CODES.succeeded) return { kind: 'succeeded' }
      if (job?.status !== JOB_STATUS_CODES.running) return { kind: 'claim_lost' }
      const { epoch, cursor } = await raiseEpoch(transaction, context, jobId, drive.runnerId)
      return {
        kind: 'resumed',
        claim: await toClaim(transaction, drive, { job, epoch, cursor, attempt: job.attempts }),
      }
    },
    PLANNING,
  )
}

/** Jobs that this runner holds in the database without knowing it: the answer to a claim's COMMIT was lost. */
export async function findUnknownClaims(
  context: EngineContext,
  drive: Drive,
  known: ReadonlySet<string>,
): Promise<readonly string[]> {
  const { tables } = context
  const { rows } = await inWritingTransaction(context, (transaction) =>
    transaction.query(
      sql`SELECT p.job_id FROM ${tables.progress} AS p
            JOIN ${tables.jobs} AS j ON j.id = p.job_id
           WHERE p.migration_id = ${drive.migration.id} AND p.runner_id = ${drive.runnerId}
             AND j.status = ${JOB_STATUS_CODES.running}
           ORDER BY p.job_id`,
    ),
  )
  return rows.map((row) => String(row.job_id)).filter((jobId) => !known.has(jobId))
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

interface Failure {
  readonly claim: Claim
  readonly exceptionClass: string
  readonly exceptionMessage: string
  readonly metrics: Readonly<Record<string, unknown>>
}

/** running → failed with its log, under our epoch. Returns false when the claim was lost. */
export async function failClaim(context: EngineContext, drive: Drive, failure: Failure): Promise<boolean> {
  const { claim, exceptionClass, exceptionMessage, metrics } = failure
  const { tables } = context
  return inWritingTransaction(context, async (transaction) => {
    const locked = await transaction.query(
      sql`UPDATE ${tables.progress} SET runner_id = NULL
           WHERE job_id = ${claim.jobId} AND epoch = ${claim.epoch} AND runner_id = ${drive.runnerId}`,
    )
    if (locked.rowCount === 0) return false
    await transitionJob(transaction, context, {
      jobId: claim.jobId,
      from: 'running',
      to: 'failed',
      exceptionClass,
      exceptionMessage,
      metrics,
    })
    return true
  })
}

async function raiseEpoch(
  transaction: Transaction,
  { tables }: EngineContext,
  jobId: string,
  runnerId: string,
): Promise<{ readonly epoch: string; readonly cursor: Key | null }> {
  const { rows } = await transaction.query(
    sql`UPDATE ${tables.progress} SET epoch = epoch + 1, runner_id = ${runnerId}
         WHERE job_id = ${jobId} RETURNING epoch, "cursor"`,
  )
  const [row] = rows as { epoch: string; cursor: string[] | null }[]
  if (row === undefined) throw new Error(`job ${jobId} has no progress row`)
  return row
}

interface JobRow {
  readonly id: string
  readonly status: number
  readonly attempts: number
  readonly min_value: string | null
  readonly max_value: string | null
  readonly min_cursor: readonly unknown[] | null
  readonly max_cursor: readonly unknown[] | null
  readonly sub_batch_size: number
  readonly pause_ms: number
}

async function readJob(
  transaction: Transaction,
  { tables }: EngineContext,
  jobId: string,
): Promise<JobRow | undefined> {
  const { rows } = await transaction.query(
    sql`SELECT id, status, attempts, min_value, max_value, min_cursor, max_cursor, sub_batch_size, pause_ms
          FROM ${tables.jobs} WHERE id = ${jobId}`,
  )
  return (rows as unknown as JobRow[])[0]
}

function keyOf(value: string | null, cursor: readonly unknown[] | null): Key {
  if (value !== null) return [value]
  if (cursor !== null) return cursor.map(String)
  throw new Error('a job has neither values nor cursors')
}
