/** Reads the rows of stepped migrations: connections, collections, migrations. */
import { sql, type Sql } from '../../shared/sql.ts'
import { type SteppedStatus, steppedStatusOf } from '../../shared/stepped-status.ts'
import type { SteppedCollectionValue, SteppedConnectionValue } from '../../shared/stepped-view.ts'
import type { Transaction } from '../target/transaction.ts'
import { iso, type SteppedTables } from '../tracking/tables.ts'

/** Tries of a migration before it is failed. */
export const MAX_TRIES = 3

export interface OperationRecord {
  readonly completedAt: string
  /** Of the operation as it was then; absent in what earlier versions completed. */
  readonly digest?: string
  readonly result: Readonly<Record<string, unknown>> | null
}

export interface RecordMetadata {
  /** Completed operations by key: a later run goes on behind them. */
  readonly operations?: Readonly<Record<string, OperationRecord>>
  readonly skipped_because?: string
  /** What an operator skipped is never taken up again by itself. */
  readonly skipped_by?: 'definition' | 'gate' | 'operator'
  /** `gate`: what was agreed to, word for word; anything else has to be agreed to anew. */
  readonly approved?: { readonly by: string; readonly at: string; readonly gate?: string }
  readonly definition_hash?: string
  /** What the last run left to others, in words; gone with the next change. */
  readonly waits_for?: string
}

export interface SteppedRecord {
  readonly id: string
  readonly connectionId: string
  readonly version: string
  readonly status: SteppedStatus
  readonly retriesLeft: number
  readonly startedAt: string | null
  readonly completedAt: string | null
  readonly errorMessage: string | null
  readonly metadata: RecordMetadata
}

interface RecordRow {
  readonly id: string
  readonly connection_id: string
  readonly version: string
  readonly status: number
  readonly retries_left: number
  readonly started_at: string | null
  readonly completed_at: string | null
  readonly error_message: string | null
  readonly metadata: RecordMetadata
}

/** All records of a connection, by version. `isLocked` for whoever changes them. */
export async function listRecords(
  transaction: Transaction,
  { migrations }: SteppedTables,
  connectionId: string,
  { isLocked = false }: { readonly isLocked?: boolean } = {},
): Promise<readonly SteppedRecord[]> {
  const { rows } = await transaction.query(
    sql`SELECT id, connection_id, version, status, retries_left, error_message, metadata,
               ${iso('started_at')} AS started_at, ${iso('completed_at')} AS completed_at
          FROM ${migrations} WHERE connection_id = ${connectionId} ORDER BY version
         ${isLocked ? sql`FOR NO KEY UPDATE` : sql``}`,
  )
  return (rows as unknown as RecordRow[]).map((row) => ({
    id: row.id,
    connectionId: row.connection_id,
    version: row.version,
    status: steppedStatusOf(row.status),
    retriesLeft: row.retries_left,
    startedAt: row.started_at,
    completedAt: row.completed_at,
    errorMessage: row.error_message,
    metadata: row.metadata,
  }))
}

interface ConnectionRow {
  readonly id: string
  readonly name: string
  readonly active: boolean
  readonly adapter: string | null
  readonly prefix: string
  readonly vector_storage: 'vector' | 'real'
  readonly is_indexing_enabled: boolean
}

const CONNECTION_COLUMNS: Sql = sql`id, name, active, adapter, prefix, vector_storage, is_indexing_enabled`

/** Oldest first. */
export async function listConnections(
  transaction: Transaction,
  { connections }: SteppedTables,
): Promise<readonly SteppedConnectionValue[]> {
  const { rows } = await transaction.query(sql`SELECT ${CONNECTION_COLUMNS} FROM ${connections} ORDER BY id`)
  return (rows as unknown as ConnectionRow[]).map((row) => ({
    id: row.id,
    name: row.name,
    isActive: row.active,
    adapter: row.adapter,
    prefix: row.prefix,
    vectorStorage: row.vector_storage,
    isIndexingEnabled: row.is_indexing_enabled,
  }))
}

/** By name. */
export async function listCollections(
  transaction: Transaction,
  { collections }: SteppedTables,
  connectionId: string,
): Promise<readonly SteppedCollectionValue[]> {
  const { rows } = await transaction.query(
    sql`SELECT name, number_of_partitions, metadata FROM ${collections} WHERE connection_id = ${connectionId} ORDER BY name`,
  )
  return rows.map((row) => ({
    name: String(row.name),
    numberOfPartitions: Number(row.number_of_partitions),
    metadata: row.metadata as Record<string, unknown>,
  }))
}
