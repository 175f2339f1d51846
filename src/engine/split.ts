/**
 * Divides a failed job behind the first half of its keys (GitLab's split and retry). The two halves' tiles make up the old
 * one, both have a raised epoch and all their attempts; what was counted stays with the first.
 */
import { TrancheError } from '../shared/errors.ts'
import { sql, type Sql } from '../shared/sql.ts'
import { JOB_STATUS_CODES, jobStatusOf } from '../shared/status.ts'
import type { BatchColumn } from './batching/batch-table.ts'
import { keyTuple } from './batching/key-range.ts'
import type { BatchingStrategy, Midpoint, Scoped } from './batching/strategy.ts'
import { GIVE_UP_UNCOUNTED, keyOf } from './claim-row.ts'
import { type EngineContext, onlyRow } from './context.ts'
import type { Transaction } from './target/transaction.ts'
import { cursorKey, storedKey } from './tracking/stored-key.ts'
import type { Key } from './types.ts'
import { unknownJob } from './unknown-job.ts'

export interface Splitting {
  readonly migrationId: string
  readonly jobId: string
  readonly scoped: Scoped
  readonly strategy: BatchingStrategy
}

export interface SplitOutcome {
  /** The second half, or null where nothing was left to divide: then the job only got half its batch size and its attempts. */
  readonly secondJobId: string | null
  readonly batchSize: number
}

interface Progress {
  readonly epoch: string
  readonly cursor: string[] | null
  readonly planned_to: string[]
}

interface FailedJob {
  readonly status: number
  readonly min_value: string | null
  readonly max_value: string | null
  readonly min_cursor: Key | null
  readonly max_cursor: Key | null
  readonly batch_size: number
  readonly sub_batch_size: number
}

/**
 * In a planning transaction under the author's search_path. Throws unknown_job, and illegal_transition for a job that did
 * not fail; changes nothing then. Nothing left in the range: the job's next run succeeds with zero rows.
 */
export async function splitJob(
  transaction: Transaction,
  context: EngineContext,
  splitting: Splitting,
): Promise<SplitOutcome> {
  const { tables } = context
  const { migrationId, jobId, scoped, strategy } = splitting
  // Jobs are inserted under this lock, so that nobody decides the migration's end meanwhile.
  await transaction.query(sql`SELECT 1 FROM ${tables.migrations} WHERE id = ${migrationId} FOR SHARE`)
  const progress = await raise(transaction, context, splitting)
  const job = await readFailed(transaction, context, jobId)
  const half = Math.max(1, Math.floor(job.batch_size / 2))
  const range = { from: keyOf(job.min_value, job.min_cursor), until: keyOf(job.max_value, job.max_cursor) }
  const midpoint = job.batch_size < 2 ? WHOLE : await strategy.midpoint(transaction, scoped, range, half)
  const second =
    midpoint.kind === 'divided'
      ? await insertSecond(transaction, context, splitting, { job, half, progress, midpoint })
      : null
  await shortenFirst(transaction, context, splitting, { job, half, progress, midpoint })
  return { secondJobId: second, batchSize: half }
}

const WHOLE: Midpoint = { kind: 'whole' }

async function raise(
  transaction: Transaction,
  { tables }: EngineContext,
  { migrationId, jobId }: Splitting,
): Promise<Progress> {
  const { rows } = await transaction.query(
    sql`UPDATE ${tables.progress} SET epoch = epoch + 1, runner_id = NULL, ${GIVE_UP_UNCOUNTED}
         WHERE job_id = ${jobId} AND migration_id = ${migrationId} RETURNING epoch, "cursor", planned_to`,
  )
  return onlyRow<Progress>(rows, unknownJob(migrationId, jobId))
}

async function readFailed(transaction: Transaction, { tables }: EngineContext, jobId: string): Promise<FailedJob> {
  const { rows } = await transaction.query(
    sql`SELECT status, min_value, max_value, ${cursorKey('min_cursor')} AS min_cursor, ${cursorKey('max_cursor')} AS max_cursor,
               batch_size, sub_batch_size
          FROM ${tables.jobs} WHERE id = ${jobId} FOR NO KEY UPDATE`,
  )
  const job = onlyRow<FailedJob>(rows, `job ${jobId} has progress and no row`)
  if (job.status === JOB_STATUS_CODES.failed) return job
  const status = jobStatusOf(job.status)
  throw new TrancheError('illegal_transition', `job ${jobId} is ${status}; only a failed job can be split`, {
    remedy: 'Look at it again: somebody may have run it meanwhile.',
    details: { from: status },
  })
}

interface Division {
  readonly job: FailedJob
  readonly half: number
  readonly progress: Progress
  readonly midpoint: Midpoint
}

/** Its log says in the words of the first one why it is failed, so that both are found as one group. */
async function insertSecond(
  transaction: Transaction,
  { tables }: EngineContext,
  { migrationId, jobId, scoped }: Splitting,
  { job, half, progress, midpoint }: Division & { readonly midpoint: Extract<Midpoint, { kind: 'divided' }> },
): Promise<string> {
  const { columns } = scoped.table
  const { cursor } = progress
  const min = storedBound(job, midpoint.next, columns)
  // Above the old cursor: nothing of it was done. Else the cursor lies within it, or at its end.
  const ownCursor =
    cursor === null
      ? sql`NULL::text[]`
      : sql`CASE WHEN ${keyTuple(columns, midpoint.next)} > ${keyTuple(columns, cursor)} THEN NULL ELSE ${cursor}::text[] END`
  const { rows } = await transaction.query(
    sql`WITH second AS (
          INSERT INTO ${tables.jobs} (batched_background_migration_id, min_value, max_value, min_cursor, max_cursor,
                                      batch_size, sub_batch_size, pause_ms, status)
          SELECT batched_background_migration_id, ${min.value}, max_value, ${min.cursor}, max_cursor,
                 ${half}, ${Math.min(job.sub_batch_size, half)}, pause_ms, status
            FROM ${tables.jobs} WHERE id = ${jobId}
          RETURNING id),
        progress AS (
          INSERT INTO ${tables.progress} (job_id, migration_id, epoch, "cursor", planned_from, planned_to)
          SELECT id, ${migrationId}, ${progress.epoch}, ${ownCursor}, ${[...midpoint.end]}::text[], ${progress.planned_to}::text[] FROM second),
        log AS (
          INSERT INTO ${tables.transitionLogs} (batched_background_migration_job_id, previous_status, next_status, exception_class, exception_message)
          SELECT second.id, ${JOB_STATUS_CODES.pending}, ${JOB_STATUS_CODES.failed}, l.exception_class,
                 concat(l.exception_message, E'\n', ${`the second half of job ${jobId}`}::text)
            FROM second LEFT JOIN LATERAL (
              SELECT exception_class, exception_message FROM ${tables.transitionLogs}
               WHERE batched_background_migration_job_id = ${jobId} AND next_status = ${JOB_STATUS_CODES.failed}
               ORDER BY id DESC LIMIT 1) AS l ON true)
        SELECT id FROM second`,
  )
  return onlyRow<{ id: string }>(rows, 'inserting the second half returned no id').id
}

async function shortenFirst(
  transaction: Transaction,
  { tables }: EngineContext,
  { jobId, scoped }: Splitting,
  { job, half, progress, midpoint }: Division,
): Promise<void> {
  const isDivided = midpoint.kind === 'divided'
  const { columns } = scoped.table
  const max = isDivided ? storedBound(job, midpoint.end, columns) : null
  await transaction.query(
    sql`UPDATE ${tables.jobs}
           SET batch_size = ${half}, sub_batch_size = ${Math.min(job.sub_batch_size, half)}, attempts = 0, updated_at = clock_timestamp()
               ${
                 max === null
                   ? sql``
                   : sql`, max_value = ${max.value}, max_cursor = ${max.cursor},
                           started_at = NULL, finished_at = NULL, metrics = '{}'`
               }
         WHERE id = ${jobId}`,
  )
  if (!isDivided) return
  const { cursor } = progress
  // At or below the old cursor: all of it was done.
  const ownCursor =
    cursor === null
      ? sql`NULL`
      : sql`CASE WHEN ${keyTuple(columns, midpoint.end)} <= ${keyTuple(columns, cursor)} THEN ${[...midpoint.end]}::text[] ELSE "cursor" END`
  await transaction.query(
    sql`UPDATE ${tables.progress} SET planned_to = ${[...midpoint.end]}::text[], "cursor" = ${ownCursor} WHERE job_id = ${jobId}`,
  )
}

/** In the columns in which the job itself keeps its bounds. */
function storedBound(
  { min_value }: FailedJob,
  key: Key,
  columns: readonly BatchColumn[],
): { readonly value: Sql; readonly cursor: Sql } {
  const { value, cursor } = storedKey(key, min_value === null ? 'cursor' : 'value', columns)
  return { value: sql`${value}::bigint`, cursor: sql`${cursor}::jsonb` }
}
