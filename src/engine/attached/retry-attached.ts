/**
 * GitLab's split and retry on its own rows. Its job class, and with it the scope, is not known here: the midpoint counts
 * every row, which makes the halves uneven and nothing worse.
 */
import { TrancheError } from '../../shared/errors.ts'
import { sql } from '../../shared/sql.ts'
import { JOB_STATUS_CODES } from '../../shared/status.ts'
import { findBatchTable } from '../batching/batch-table.ts'
import { primaryKeyBatching } from '../batching/primary-key.ts'
import type { Midpoint } from '../batching/strategy.ts'
import { type EngineContext, inTransaction, onlyRow } from '../context.ts'
import type { Transaction } from '../target/transaction.ts'
import { isId } from '../tracking/find-migration.ts'
import { unknownMigration } from '../transitions.ts'
import type { Migration } from '../types.ts'

const JOBS_PER_TRANSACTION = 100

export interface FailedJob {
  readonly id: string
  readonly min_value: string | null
  readonly max_value: string | null
  readonly batch_size: number
}

/** Of those that there are before anything is split: halves that a split makes come behind it. '0' where there is none. */
export async function lastFailedJob(context: EngineContext, migrationId: string): Promise<string> {
  if (!isId(migrationId)) throw unknownMigration(migrationId)
  const { rows } = await inTransaction(context, (transaction) =>
    transaction.query(
      sql`SELECT coalesce(max(id), 0)::text AS last FROM ${context.tables.jobs} AS j
           WHERE batched_background_migration_id = ${migrationId} AND status = ${JOB_STATUS_CODES.failed}`,
    ),
  )
  return onlyRow<{ last: string }>(rows, 'a maximum returned no row').last
}

interface Wanted {
  readonly migrationId: string
  /** Exclusive. */
  readonly after: string
  /** Inclusive. */
  readonly last: string
  /** null: all. */
  readonly only: readonly string[] | null
}

/** The next failed jobs by id. */
export async function lockFailedJobs(
  transaction: Transaction,
  { tables }: EngineContext,
  { migrationId, after, last, only }: Wanted,
): Promise<readonly FailedJob[]> {
  const { rows } = await transaction.query(
    sql`SELECT id, min_value, max_value, batch_size FROM ${tables.jobs}
         WHERE batched_background_migration_id = ${migrationId} AND status = ${JOB_STATUS_CODES.failed}
           AND id > ${after} AND id <= ${last} ${only === null ? sql`` : sql`AND id = ANY (${[...only]}::bigint[])`}
         ORDER BY id LIMIT ${JOBS_PER_TRANSACTION} FOR UPDATE`,
  )
  return rows as unknown as FailedJob[]
}

/**
 * Divides the job and gives both halves their attempts. A job of batch size 1, and one over cursors (which GitLab's own
 * button refuses as a whole), keeps its range; one whose rows behind the midpoint are gone gets half its size only.
 */
export async function giveBackAttempts(
  transaction: Transaction,
  context: EngineContext,
  migration: Migration,
  job: FailedJob,
): Promise<void> {
  const { tables } = context
  const half = Math.floor(job.batch_size / 2)
  if (half < 1 || job.min_value === null || job.max_value === null) {
    await transaction.query(
      sql`UPDATE ${tables.jobs} SET attempts = 0, updated_at = clock_timestamp() WHERE id = ${job.id}`,
    )
    return
  }
  const midpoint = await findMidpoint(transaction, migration, { from: job.min_value, until: job.max_value, half })
  if (midpoint.kind !== 'divided') {
    await transaction.query(
      sql`UPDATE ${tables.jobs} SET batch_size = ${half}, attempts = 0, updated_at = clock_timestamp() WHERE id = ${job.id}`,
    )
    return
  }
  const [end = ''] = midpoint.end
  await transaction.query(
    sql`WITH second AS (
          INSERT INTO ${tables.jobs} (created_at, updated_at, batched_background_migration_id, min_value, max_value, batch_size,
                                      sub_batch_size, status, attempts, metrics, pause_ms)
          SELECT clock_timestamp(), clock_timestamp(), batched_background_migration_id, ${end}::bigint + 1, max_value, ${half},
                 sub_batch_size, status, 0, '{}', pause_ms
            FROM ${tables.jobs} WHERE id = ${job.id})
        UPDATE ${tables.jobs}
           SET max_value = ${end}, batch_size = ${half}, attempts = 0, started_at = NULL, finished_at = NULL, metrics = '{}',
               updated_at = clock_timestamp()
         WHERE id = ${job.id}`,
  )
}

async function findMidpoint(
  transaction: Transaction,
  { tableName, columns }: Migration,
  { from, until, half }: { readonly from: string; readonly until: string; readonly half: number },
): Promise<Midpoint> {
  const table = await findBatchTable(transaction, tableName, columns).catch(nullWhereMissing)
  if (table === null) return { kind: 'whole' }
  return primaryKeyBatching.midpoint(transaction, { table, scope: null }, { from: [from], until: [until] }, half)
}

/** A view, or a table of another database: then the job only gets smaller. */
function nullWhereMissing(error: unknown): null {
  if (error instanceof TrancheError && (error.code === 'table_missing' || error.code === 'column_missing')) return null
  throw error
}
