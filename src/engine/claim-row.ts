/** A claim as the tracking tables hold it: the job's row, its progress row, and the slices that are left of it. */
import { sql, type Sql } from '../shared/sql.ts'
import type { JobStatus } from '../shared/status.ts'
import type { Claim, DoneRows } from './claim.ts'
import { type EngineContext, onlyRow } from './context.ts'
import type { Drive } from './drive.ts'
import { planRest } from './planner.ts'
import type { Transaction } from './target/transaction.ts'
import { cursorKey } from './tracking/stored-key.ts'
import type { Key } from './types.ts'

interface Taken {
  readonly job: JobRow
  readonly from: JobStatus
  readonly raised: Raised
  readonly attempt: number
}

/** The claim on a job whose epoch was just raised. */
export async function toClaim(
  transaction: Transaction,
  drive: Drive,
  { job, from, raised, attempt }: Taken,
): Promise<Claim> {
  const { epoch, cursor, done } = raised
  const min = keyOf(job.min_value, job.min_cursor)
  const max = keyOf(job.max_value, job.max_cursor)
  const slices = await planRest(transaction, drive, { min, max, cursor, subBatchSize: job.sub_batch_size })
  return {
    jobId: job.id,
    epoch,
    from,
    attempt,
    min,
    max,
    cursor,
    slices,
    subBatchSize: job.sub_batch_size,
    pauseMs: job.pause_ms,
    done,
  }
}

export interface Raised {
  readonly epoch: string
  readonly cursor: Key | null
  readonly done: DoneRows
}

export const DONE_COLUMNS: Sql = sql`scanned, changed, unresolved, quarantined`

/** What whoever takes a job over says of counts that its former runner took along. */
export const GIVE_UP_UNCOUNTED: Sql = sql`counts_exact = counts_exact AND uncounted_sub_batches = 0, uncounted_sub_batches = 0`

interface Raising {
  readonly jobId: string
  readonly runnerId: string
  /** Whether we have the counts that the row lacks: the claim was ours before. */
  readonly knowsCounts: boolean
}

/** Makes the claim ours, whoever held it; the cursor that this returns is the only one to be believed. */
export async function raiseEpoch(
  transaction: Transaction,
  { tables }: EngineContext,
  { jobId, runnerId, knowsCounts }: Raising,
): Promise<Raised> {
  const { rows } = await transaction.query(
    sql`UPDATE ${tables.progress}
           SET epoch = epoch + 1, runner_id = ${runnerId}${knowsCounts ? sql`` : sql`, ${GIVE_UP_UNCOUNTED}`}
         WHERE job_id = ${jobId} RETURNING epoch, "cursor", ${DONE_COLUMNS}`,
  )
  const row = onlyRow<{ epoch: string; cursor: string[] | null }>(rows, `job ${jobId} has no progress row`)
  return { epoch: row.epoch, cursor: row.cursor, done: doneOf(rows[0] ?? {}) }
}

export function doneOf({ scanned, changed, unresolved, quarantined }: Record<string, unknown>): DoneRows {
  return {
    scanned: Number(scanned),
    changed: Number(changed),
    unresolved: Number(unresolved),
    quarantined: Number(quarantined),
  }
}

export interface JobRow {
  readonly id: string
  readonly status: number
  readonly attempts: number
  readonly min_value: string | null
  readonly max_value: string | null
  readonly min_cursor: Key | null
  readonly max_cursor: Key | null
  readonly sub_batch_size: number
  readonly pause_ms: number
}

export async function readJob(
  transaction: Transaction,
  { tables }: EngineContext,
  jobId: string,
): Promise<JobRow | undefined> {
  const { rows } = await transaction.query(
    sql`SELECT id, status, attempts, min_value, max_value, ${cursorKey('min_cursor')} AS min_cursor, ${cursorKey('max_cursor')} AS max_cursor,
               sub_batch_size, pause_ms
          FROM ${tables.jobs} WHERE id = ${jobId}`,
  )
  return (rows as unknown as JobRow[])[0]
}

export function keyOf(value: string | null, cursor: Key | null): Key {
  if (value !== null) return [value]
  if (cursor !== null) return cursor
  throw new Error('a job has neither values nor cursors')
}
