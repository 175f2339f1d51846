/**
 * What a job does about a statement that took too long (GitLab's numbers): while it has attempts left its sub-batches get
 * smaller by a quarter each time, and with the last one used it is split in two. Both stay with the job.
 */
import { raw, sql } from '../shared/sql.ts'
import { type EngineContext, onlyRow } from './context.ts'
import type { Drive } from './drive.ts'
import { splitJob } from './split.ts'
import { MAX_ATTEMPTS } from './takeover.ts'
import type { Transaction } from './target/transaction.ts'
import { recordEvent } from './tracking/record-event.ts'

const SHRINK_FACTOR = 0.75
/** The sub-batch size may fall this far below the migration's own, as a share of it. */
const MAX_SHRINK = 0.65

export type TimeoutAnswer =
  | { readonly kind: 'shrunk'; readonly from: number; readonly to: number; readonly attempts: number }
  | {
      readonly kind: 'split'
      readonly secondJobId: string | null
      readonly batchSize: number
      readonly attempts: number
    }

interface Sizes {
  readonly attempts: number
  readonly batch_size: number
  readonly sub_batch_size: number
  readonly original: number
}

/**
 * In the transaction in which the job failed, behind a savepoint: where this is refused (the range cannot be divided in
 * time), the failure stands. null: nothing was to be done.
 */
export async function answerTimeout(
  transaction: Transaction,
  context: EngineContext,
  drive: Drive,
  jobId: string,
): Promise<TimeoutAnswer | null> {
  const savepoint = 'before_timeout_answer'
  await transaction.query(raw(`SAVEPOINT ${savepoint}`))
  try {
    return await shrinkOrSplit(transaction, context, drive, jobId)
  } catch (error) {
    await transaction.query(raw(`ROLLBACK TO SAVEPOINT ${savepoint}`))
    context.logger.log('error', 'the job could not be made smaller', {
      batched_job_id: jobId,
      batched_migration_id: drive.migration.id,
      message: error instanceof Error ? error.message : String(error),
    })
    return null
  }
}

async function shrinkOrSplit(
  transaction: Transaction,
  context: EngineContext,
  drive: Drive,
  jobId: string,
): Promise<TimeoutAnswer | null> {
  const sizes = await readSizes(transaction, context, jobId)
  if (sizes.batch_size <= 1 || sizes.batch_size <= sizes.sub_batch_size) return null
  const ids = { migrationId: drive.migration.id, jobId }
  if (sizes.attempts >= MAX_ATTEMPTS) {
    const outcome = await splitJob(transaction, context, { ...ids, scoped: drive.scoped, strategy: drive.strategy })
    await recordEvent(transaction, context, { kind: 'job_split', ...ids, details: { ...outcome } })
    return { kind: 'split', ...outcome, attempts: sizes.attempts }
  }
  const to = shrunk(sizes)
  if (to === null) return null
  await transaction.query(
    sql`UPDATE ${context.tables.jobs} SET sub_batch_size = ${to}, updated_at = clock_timestamp() WHERE id = ${jobId}`,
  )
  const change = { from: sizes.sub_batch_size, to, attempts: sizes.attempts }
  await recordEvent(transaction, context, {
    kind: 'sub_batch_shrunk',
    ...ids,
    details: change,
  })
  return { kind: 'shrunk', ...change }
}

/** From 100: 75, 56, 42, and then null. Never below 1, never above the batch size. */
export function shrunk({
  batch_size,
  sub_batch_size,
  original,
}: Pick<Sizes, 'batch_size' | 'sub_batch_size' | 'original'>): number | null {
  const to = Math.min(batch_size, Math.max(1, Math.trunc(sub_batch_size * SHRINK_FACTOR)))
  const isTooFar = (original - to) / original > MAX_SHRINK
  return isTooFar || to === sub_batch_size ? null : to
}

async function readSizes(transaction: Transaction, { tables }: EngineContext, jobId: string): Promise<Sizes> {
  const { rows } = await transaction.query(
    sql`SELECT j.attempts, j.batch_size, j.sub_batch_size, m.sub_batch_size AS original
          FROM ${tables.jobs} AS j JOIN ${tables.migrations} AS m ON m.id = j.batched_background_migration_id
         WHERE j.id = ${jobId}`,
  )
  return onlyRow<Sizes>(rows, `job ${jobId} is gone`)
}
