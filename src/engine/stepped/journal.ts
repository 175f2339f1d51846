/** The log of stepped migrations: lines of runs, and every change of a status. */
import { sql } from '../../shared/sql.ts'
import { STEPPED_STATUS_CODES, type SteppedStatus, steppedStatusOf } from '../../shared/stepped-status.ts'
import type { SteppedLogValue } from '../../shared/stepped-view.ts'
import { type EngineContext, inTransaction } from '../context.ts'
import type { Transaction } from '../target/transaction.ts'
import { isId } from '../tracking/find-migration.ts'
import { storable } from '../tracking/storable.ts'
import { iso } from '../tracking/tables.ts'

export interface LogLine {
  readonly message: string
  readonly level?: 'info' | 'warn' | 'error'
  readonly connectionId?: string | null
  readonly runId?: string | null
  readonly version?: string | null
  readonly change?: { readonly from: SteppedStatus; readonly to: SteppedStatus }
  readonly details?: Readonly<Record<string, unknown>>
}

/** Appends a line, in the transaction of what it tells of. */
export async function recordLine(
  transaction: Transaction,
  { tables, identity }: Pick<EngineContext, 'tables' | 'identity'>,
  { message, level = 'info', connectionId, runId, version, change, details = {} }: LogLine,
): Promise<void> {
  const json = JSON.stringify(details, (_key, value: unknown) => (typeof value === 'string' ? storable(value) : value))
  const codeOf = (status: SteppedStatus | undefined): number | null =>
    status === undefined ? null : STEPPED_STATUS_CODES[status]
  await transaction.query(
    sql`INSERT INTO ${tables.stepped.logs}
          (connection_id, run_id, version, level, message, previous_status, next_status, operator, host, details)
        VALUES (${connectionId ?? null}, ${runId ?? null}, ${version ?? null}, ${level}, ${storable(message)},
                ${codeOf(change?.from)}, ${codeOf(change?.to)}, ${identity.operator}, ${identity.host}, ${json})`,
  )
}

export interface LogQuery {
  readonly version?: string
  /** Of every connection; else of the active one and of none, and of every one where none is active. */
  readonly isOfAll?: boolean
  /** Only what is behind this line (its id). */
  readonly after?: string
  /** The newest so many (200). */
  readonly limit?: number
}

const DEFAULT_LINES = 200

/** The newest lines, oldest first. What a run without a connection says belongs to none. */
export async function readLines(
  context: EngineContext,
  { version, isOfAll = false, after = '0', limit = DEFAULT_LINES }: LogQuery = {},
): Promise<readonly SteppedLogValue[]> {
  const behind = isId(after) ? after : '0'
  const { logs, connections } = context.tables.stepped
  const ofActive = sql`AND (log.connection_id IS NULL OR log.connection_id = coalesce(
    (SELECT id FROM ${connections} WHERE active), log.connection_id))`
  const { rows } = await inTransaction(context, (transaction) =>
    transaction.query(
      sql`SELECT * FROM (
            SELECT log.id, ${iso('at')} AS at, run_id, version, level, message, previous_status, next_status, operator, host,
                   details, (SELECT name FROM ${connections} WHERE id = log.connection_id) AS connection
              FROM ${logs} AS log
             WHERE log.id > ${behind} ${version === undefined ? sql`` : sql`AND version = ${version}`}
                   ${isOfAll ? sql`` : ofActive}
             ORDER BY log.id DESC LIMIT ${limit}) AS newest
           ORDER BY id`,
    ),
  )
  return rows.map(lineOf)
}

function lineOf(row: Record<string, unknown>): SteppedLogValue {
  const statusOf = (code: unknown): SteppedStatus | null => (typeof code === 'number' ? steppedStatusOf(code) : null)
  return {
    id: String(row.id),
    at: String(row.at),
    connection: row.connection as string | null,
    runId: row.run_id as string | null,
    version: row.version as string | null,
    level: row.level as SteppedLogValue['level'],
    message: String(row.message),
    previousStatus: statusOf(row.previous_status),
    nextStatus: statusOf(row.next_status),
    operator: String(row.operator),
    host: String(row.host),
    details: row.details as Record<string, unknown>,
  }
}
