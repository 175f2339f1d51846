import { sql } from '../../shared/sql.ts'
import { isGoneHere, type ProcessRow } from '../gone-here.ts'
import type { Identity, ProcessTable } from '../ports.ts'
import type { Transaction } from '../target/transaction.ts'
import type { RunnerInfo } from '../types.ts'
import { iso, type TrackingTables } from './tables.ts'

interface RunnerRow extends ProcessRow {
  readonly id: string
  readonly operator: string
  readonly version: string
  readonly started_at: string
  readonly heartbeat_at: string
  readonly is_live: boolean
  readonly is_finalizing: boolean
}

export interface ListRunners {
  readonly tables: TrackingTables
  readonly identity: Identity
  readonly processes: ProcessTable
}

/**
 * A migration's runners; null: the schedulers, which are nobody's. Dead is one without a heartbeat for 30 s, or, on this very host (same name, boot and pid
 * namespace), one whose process is gone: that one is dead at once.
 */
export async function listRunners(
  transaction: Transaction,
  sources: ListRunners,
  migrationId: string | null,
): Promise<readonly RunnerInfo[]> {
  return readRunners(transaction, sources, { migrationId, isLocked: false })
}

/**
 * The same with their rows locked: a heartbeat waits, so whoever was judged dead stays dead until this transaction ends. The
 * caller holds the lease row, which keeps claims away.
 */
export async function lockRunners(
  transaction: Transaction,
  sources: ListRunners,
  migrationId: string,
): Promise<readonly RunnerInfo[]> {
  return readRunners(transaction, sources, { migrationId, isLocked: true })
}

async function readRunners(
  transaction: Transaction,
  sources: ListRunners,
  { migrationId, isLocked }: { readonly migrationId: string | null; readonly isLocked: boolean },
): Promise<readonly RunnerInfo[]> {
  const { tables } = sources
  const { rows } = await transaction.query(
    sql`SELECT id, operator, host, boot_id, pid_namespace, pid, pid_start, version, is_finalizing,
               ${iso('started_at')} AS started_at, ${iso('heartbeat_at')} AS heartbeat_at,
               ${tables.isLive}(heartbeat_at) AS is_live
          FROM ${tables.runners} AS r
         WHERE migration_id IS NOT DISTINCT FROM ${migrationId}::bigint ORDER BY started_at, id
         ${isLocked ? sql`FOR NO KEY UPDATE` : sql``}`,
  )
  return (rows as unknown as RunnerRow[]).map((row) => ({
    id: row.id,
    operator: row.operator,
    host: row.host,
    pid: row.pid,
    version: row.version,
    startedAt: row.started_at,
    heartbeatAt: row.heartbeat_at,
    isLive: row.is_live && !isGoneHere(row, sources),
    isFinalizing: row.is_finalizing,
  }))
}
