/** Reads rows of `batched_background_migration_jobs` together with their progress. */
import { sql, type Sql } from '../../shared/sql.ts'
import { jobStatusOf } from '../../shared/status.ts'
import type { Job } from '../types.ts'
import { cursorKey } from './stored-key.ts'
import { iso } from './tables.ts'

interface JobRow {
  readonly id: string
  readonly migration_id: string
  readonly status: number
  readonly min_value: string | null
  readonly max_value: string | null
  readonly min_cursor: string[] | null
  readonly max_cursor: string[] | null
  readonly batch_size: number
  readonly sub_batch_size: number
  readonly attempts: number
  readonly created_at: string
  readonly started_at: string | null
  readonly finished_at: string | null
  readonly cursor: string[] | null
  readonly epoch: string
  readonly runner_id: string | null
  readonly scanned: string
  readonly changed: string
  readonly unresolved: string
  readonly quarantined: string
  readonly counts_exact: boolean
}

/** The select list that `jobOf` reads, on aliases `j` (job) and `p` (progress). */
export const JOB_COLUMNS: Sql = sql`j.id, j.batched_background_migration_id AS migration_id, j.status, j.min_value, j.max_value,
  ${cursorKey('j.min_cursor')} AS min_cursor, ${cursorKey('j.max_cursor')} AS max_cursor,
  j.batch_size, j.sub_batch_size, j.attempts, ${iso('j.created_at')} AS created_at, ${iso('j.started_at')} AS started_at,
  ${iso('j.finished_at')} AS finished_at, p."cursor", p.epoch, p.runner_id, p.scanned, p.changed, p.unresolved,
  p.quarantined, p.counts_exact`

export function jobOf(row: Record<string, unknown>): Job {
  const j = row as unknown as JobRow // the row of JOB_COLUMNS
  return {
    id: j.id,
    migrationId: j.migration_id,
    status: jobStatusOf(j.status),
    minValue: j.min_value,
    maxValue: j.max_value,
    minCursor: j.min_cursor,
    maxCursor: j.max_cursor,
    batchSize: j.batch_size,
    subBatchSize: j.sub_batch_size,
    attempts: j.attempts,
    createdAt: j.created_at,
    startedAt: j.started_at,
    finishedAt: j.finished_at,
    cursor: j.cursor,
    epoch: j.epoch,
    runnerId: j.runner_id,
    rows: {
      scanned: Number(j.scanned),
      changed: Number(j.changed),
      unresolved: Number(j.unresolved),
      quarantined: Number(j.quarantined),
      exact: j.counts_exact,
    },
  }
}
