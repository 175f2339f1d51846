/** Reads rows of `batched_background_migrations`. */
import { sql, type Sql } from '../../shared/sql.ts'
import { migrationStatusOf } from '../../shared/status.ts'
import type { Transaction } from '../target/transaction.ts'
import type { Migration } from '../types.ts'
import { cursorKey } from './stored-key.ts'
import { iso, type TrackingTables } from './tables.ts'

interface MigrationRow {
  readonly id: string
  readonly job_class_name: string
  readonly table_name: string
  readonly column_name: string
  readonly batch_class_name: string
  readonly status: number
  readonly min_value: string | null
  readonly max_value: string | null
  readonly min_cursor: string[] | null
  readonly max_cursor: string[] | null
  readonly batch_size: number
  readonly sub_batch_size: number
  readonly max_batch_size: number | null
  readonly interval: number
  readonly pause_ms: number
  readonly job_arguments: readonly unknown[]
  readonly total_tuple_count: string | null
  readonly created_at: string
  readonly started_at: string | null
  readonly finished_at: string | null
  readonly on_hold_until: string | null
  readonly gitlab_schema: string
}

/** The select list that `migrationOf` reads, on alias `m`. */
export const MIGRATION_COLUMNS: Sql = sql`m.id, m.job_class_name, m.table_name, m.column_name, m.batch_class_name, m.status,
  m.gitlab_schema, m.min_value, m.max_value, ${cursorKey('m.min_cursor')} AS min_cursor, ${cursorKey('m.max_cursor')} AS max_cursor, m.batch_size, m.sub_batch_size, m.max_batch_size, m."interval", m.pause_ms, m.job_arguments,
  m.total_tuple_count, ${iso('m.created_at')} AS created_at, ${iso('m.started_at')} AS started_at,
  ${iso('m.finished_at')} AS finished_at, ${iso('m.on_hold_until')} AS on_hold_until`

export function migrationOf(row: Record<string, unknown>): Migration {
  const m = row as unknown as MigrationRow // the row of MIGRATION_COLUMNS
  return {
    id: m.id,
    jobClassName: m.job_class_name,
    database: m.gitlab_schema.replace(/^gitlab_/, ''),
    tableName: m.table_name,
    columns: m.column_name.split(','),
    strategy: m.batch_class_name,
    status: migrationStatusOf(m.status),
    minValue: m.min_value,
    maxValue: m.max_value,
    minCursor: m.min_cursor,
    maxCursor: m.max_cursor,
    batchSize: m.batch_size,
    subBatchSize: m.sub_batch_size,
    maxBatchSize: m.max_batch_size,
    intervalSeconds: m.interval,
    pauseMs: m.pause_ms,
    jobArguments: m.job_arguments,
    totalTupleCount: m.total_tuple_count === null ? null : Number(m.total_tuple_count),
    createdAt: m.created_at,
    startedAt: m.started_at,
    finishedAt: m.finished_at,
    onHoldUntil: m.on_hold_until,
  }
}

/** Whether the text can be the id of a tracking row at all; anything else would be an error of the server's. */
export function isId(text: string): boolean {
  return /^\d{1,18}$/.test(text)
}

/** One migration, or null. */
export async function findMigration(
  transaction: Transaction,
  tables: TrackingTables,
  id: string,
): Promise<Migration | null> {
  if (!isId(id)) return null
  const { rows } = await transaction.query(
    sql`SELECT ${MIGRATION_COLUMNS} FROM ${tables.migrations} AS m WHERE m.id = ${id}`,
  )
  const [row] = rows
  return row === undefined ? null : migrationOf(row)
}

/** All migrations, oldest first. */
export async function listMigrations(transaction: Transaction, tables: TrackingTables): Promise<readonly Migration[]> {
  const { rows } = await transaction.query(
    sql`SELECT ${MIGRATION_COLUMNS} FROM ${tables.migrations} AS m ORDER BY m.id`,
  )
  return rows.map(migrationOf)
}

/** Those of one job class, oldest first. */
export async function listMigrationsOfClass(
  transaction: Transaction,
  tables: TrackingTables,
  jobClassName: string,
): Promise<readonly Migration[]> {
  const { rows } = await transaction.query(
    sql`SELECT ${MIGRATION_COLUMNS} FROM ${tables.migrations} AS m WHERE m.job_class_name = ${jobClassName} ORDER BY m.id`,
  )
  return rows.map(migrationOf)
}
