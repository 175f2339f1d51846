import { sql } from '../../shared/sql.ts'
import { JOB_STATUS_CODES } from '../../shared/status.ts'
import { onlyRow } from '../context.ts'
import type { Transaction } from '../target/transaction.ts'
import type { TrackingTables } from './tables.ts'

/** A job that ended so long ago is committed, and its scanned rows never change again. */
const SETTLED_AFTER_SECONDS = 60

interface Sums {
  readonly settled: string
  readonly open: string
  /** Whole seconds since 1970, which no way of writing a time can bend. */
  readonly until: string
}

/**
 * Rows that everybody has scanned, asked again and again by a run. What ended a while ago is added up once and remembered:
 * each reading costs what happened since the one before, not what the migration has jobs.
 */
export class ScannedByAll {
  readonly #tables: TrackingTables
  readonly #migrationId: string
  #settled = 0
  #until: string | null = null

  constructor(tables: TrackingTables, migrationId: string) {
    this.#tables = tables
    this.#migrationId = migrationId
  }

  async read(transaction: Transaction): Promise<number> {
    const { jobs, progress } = this.#tables
    const own = sql`j.batched_background_migration_id = ${this.#migrationId}`
    const ended = sql`j.status = ${JOB_STATUS_CODES.succeeded}`
    const since = this.#until === null ? sql`` : sql`AND j.finished_at > to_timestamp(${this.#until}::float8)`
    const open = [JOB_STATUS_CODES.pending, JOB_STATUS_CODES.running, JOB_STATUS_CODES.failed]
    // Two branches, one for each index of the jobs: by finished_at and by status.
    const { rows } = await transaction.query(
      sql`WITH mark AS MATERIALIZED (
            SELECT floor(extract(epoch FROM clock_timestamp()))::bigint - ${SETTLED_AFTER_SECONDS}::int AS until)
          SELECT coalesce(sum(scanned) FILTER (WHERE is_settled), 0) AS settled,
                 coalesce(sum(scanned) FILTER (WHERE NOT is_settled), 0) AS open,
                 (SELECT until FROM mark) AS until
            FROM (SELECT p.scanned, coalesce(j.finished_at <= to_timestamp((SELECT until FROM mark)), true) AS is_settled
                    FROM ${jobs} AS j JOIN ${progress} AS p ON p.job_id = j.id
                   WHERE ${own} AND ${ended} ${since}
                   UNION ALL
                  SELECT p.scanned, false FROM ${jobs} AS j JOIN ${progress} AS p ON p.job_id = j.id
                   WHERE ${own} AND j.status = ANY(${open}::smallint[])) AS counted`,
    )
    const { settled, open: rest, until } = onlyRow<Sums>(rows, 'a sum returned no row')
    this.#settled += Number(settled)
    this.#until = until
    return this.#settled + Number(rest)
  }
}
