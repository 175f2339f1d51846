/** Jobs in short, for drawing and copying: pages by id, or those that changed lately. */
import type { JobCell } from '../../shared/job-view.ts'
import { sql, type Sql } from '../../shared/sql.ts'
import { JOB_STATUS_CODES, jobStatusOf } from '../../shared/status.ts'
import { type EngineContext, inTransaction, onlyRow } from '../context.ts'
import { MAX_ATTEMPTS } from '../takeover.ts'
import type { Transaction } from '../target/transaction.ts'

/** A transaction may commit this long after it wrote its time; changes are asked for again as far back. */
const COMMIT_DELAY_SECONDS = 20

export interface JobChanges {
  readonly cells: readonly JobCell[]
  /** The server's time, to be given back as `since`. */
  readonly readAt: string
}

interface CellRow {
  readonly id: string
  readonly status: number
  readonly attempts: number
  readonly min: string
  readonly max: string
  readonly scanned: string
  readonly changed: string
  readonly started_at_ms: number | null
  readonly seconds: number | null
}

/** By id, ascending, behind `after`; relies on index_batched_jobs_on_migration_id_and_id. */
export async function readJobCells(
  context: EngineContext,
  migrationId: string,
  { after, limit }: { readonly after: string; readonly limit: number },
): Promise<readonly JobCell[]> {
  return inTransaction(context, (transaction) =>
    select(transaction, context, sql`${ofMigration(migrationId)} AND j.id > ${after} ORDER BY j.id LIMIT ${limit}`),
  )
}

/** Jobs that changed since `since` (null: none yet, nothing is read), some of them told before. */
export async function readChangedJobs(
  context: EngineContext,
  migrationId: string,
  since: string | null,
): Promise<JobChanges> {
  return inTransaction(context, async (transaction) => {
    const { rows } = await transaction.query(sql`SELECT clock_timestamp()::text AS read_at`)
    const { read_at: readAt } = onlyRow<{ read_at: string }>(rows, 'the clock answered nothing')
    if (since === null) return { cells: [], readAt }
    const changed = sql`${ofMigration(migrationId)}
       AND greatest(j.updated_at, p.updated_at) > ${since}::timestamptz - make_interval(secs => ${COMMIT_DELAY_SECONDS}::int)
     ORDER BY j.id`
    return { cells: await select(transaction, context, changed), readAt }
  })
}

function ofMigration(migrationId: string): Sql {
  return sql`j.batched_background_migration_id = ${migrationId}`
}

async function select(
  transaction: Transaction,
  { tables }: EngineContext,
  condition: Sql,
): Promise<readonly JobCell[]> {
  const { rows } = await transaction.query(
    sql`SELECT j.id, j.status, j.attempts,
               coalesce(j.min_value::text, j.min_cursor::text) AS min, coalesce(j.max_value::text, j.max_cursor::text) AS max,
               p.scanned, p.changed, (extract(epoch FROM j.started_at) * 1000)::float8 AS started_at_ms,
               CASE WHEN j.status IN (${JOB_STATUS_CODES.succeeded}, ${JOB_STATUS_CODES.failed})
                    THEN extract(epoch FROM j.finished_at - j.started_at)::float8 END AS seconds
          FROM ${tables.jobs} AS j JOIN ${tables.progress} AS p ON p.job_id = j.id
         WHERE ${condition}`,
  )
  return (rows as unknown as CellRow[]).map(cellOf)
}

function cellOf(row: CellRow): JobCell {
  const status = jobStatusOf(row.status)
  return {
    id: row.id,
    status,
    min: row.min,
    max: row.max,
    attempts: row.attempts,
    isBlocked: status === 'failed' && row.attempts >= MAX_ATTEMPTS,
    scanned: Number(row.scanned),
    changed: Number(row.changed),
    startedAtMs: row.started_at_ms === null ? null : Math.round(row.started_at_ms),
    seconds: row.seconds,
  }
}
