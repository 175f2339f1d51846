import type { ErrorBudget, LoadedDefinition } from '../../catalogue/definition.ts'
import { sql } from '../../shared/sql.ts'
import { MIGRATION_STATUS_CODES } from '../../shared/status.ts'
import type { BatchTable } from '../batching/batch-table.ts'
import { onlyRow } from '../context.ts'
import { orderOf } from '../key-order.ts'
import type { Knobs } from '../knobs.ts'
import type { Transaction } from '../target/transaction.ts'
import type { Key } from '../types.ts'
import type { StoredKey } from './stored-key.ts'
import type { TrackingTables } from './tables.ts'

export interface NewMigration {
  readonly loaded: LoadedDefinition
  /** JSON of the array, as given. */
  readonly jobArguments: string
  readonly knobs: Knobs
  readonly table: BatchTable
  readonly strategyName: string
  readonly batchClassName: string
  readonly searchPath: string
  readonly status: 'active' | 'paused' | 'finished'
  readonly min: StoredKey
  readonly max: StoredKey
  /** The table's last key, in the range or above it; null: it has none in the range. */
  readonly lastKey: Key | null
  readonly estimate: number
  /** Where queueing asked for another one than the definition has. */
  readonly errorBudget: ErrorBudget | undefined
}

/** Writes a migration and its companions, and returns its id. A finished one has no range to be planned. */
export async function insertMigration(
  transaction: Transaction,
  tables: TrackingTables,
  added: NewMigration,
): Promise<string> {
  const id = await insertRow(transaction, tables, added)
  const { loaded, table } = added
  const types = table.columns.map(orderOf)
  await transaction.query(
    sql`INSERT INTO ${tables.details} (migration_id, table_oid, column_types, strategy, search_path, definition_hash, last_key,
                                   error_budget)
        VALUES (${id}, ${table.oid}::oid, ${types}::text[], ${added.strategyName}, ${added.searchPath}, ${loaded.hash},
                ${added.lastKey === null ? null : [...added.lastKey]}::text[],
                ${added.errorBudget === undefined ? null : JSON.stringify(added.errorBudget)})`,
  )
  await transaction.query(
    sql`INSERT INTO ${tables.frontier} (migration_id, is_exhausted) VALUES (${id}, ${added.status === 'finished'})`,
  )
  await transaction.query(
    sql`INSERT INTO ${tables.snapshots} (migration_id, hash, file, files)
        VALUES (${id}, ${loaded.hash}, ${loaded.file}, ${JSON.stringify(loaded.files)})`,
  )
  return id
}

/** The column list of a batch table, as `column_name` holds it. */
export function columnNameOf({ columns }: BatchTable): string {
  return columns.map(({ name }) => name).join(',')
}

async function insertRow(transaction: Transaction, tables: TrackingTables, added: NewMigration): Promise<string> {
  const { knobs, table, status, min, max } = added
  const { definition } = added.loaded
  const version = definition.queuedMigrationVersion
  // The version names the queueing, and is unique: the same class with other arguments goes without it.
  const { rows } = await transaction.query(
    sql`INSERT INTO ${tables.migrations}
          (min_value, max_value, min_cursor, max_cursor, batch_size, sub_batch_size, max_batch_size, "interval", pause_ms, status, job_class_name,
           batch_class_name, table_name, column_name, job_arguments, total_tuple_count, gitlab_schema,
           queued_migration_version, started_at, finished_at)
        VALUES
          (${min.value}, ${max.value}, ${min.cursor}, ${max.cursor}, ${knobs.batchSize}, ${knobs.subBatchSize}, ${knobs.maxBatchSize},
           ${knobs.intervalSeconds}, ${knobs.pauseMs}, ${MIGRATION_STATUS_CODES[status]}, ${definition.jobClassName},
           ${added.batchClassName}, ${table.qualifiedName}, ${columnNameOf(table)}, ${added.jobArguments},
           ${added.estimate}, ${`gitlab_${definition.database}`},
           CASE WHEN NOT EXISTS (SELECT FROM ${tables.migrations} AS m WHERE m.queued_migration_version = ${version}::text)
                THEN ${version}::text END,
           CASE WHEN ${status === 'active'}::boolean THEN clock_timestamp() END,
           CASE WHEN ${status === 'finished'}::boolean THEN clock_timestamp() END)
        RETURNING id`,
  )
  return onlyRow<{ id: string }>(rows, 'inserting a migration returned no id').id
}
