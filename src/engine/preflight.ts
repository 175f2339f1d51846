/** What an operator should know of a target before queueing: facts of the server, the table, and who works on it. */
import type { PreflightCheck } from '../shared/queue-plan.ts'
import { sql } from '../shared/sql.ts'
import type { EngineContext } from './context.ts'
import type { Scoped } from './batching/strategy.ts'
import type { ServerFacts } from './target/server-facts.ts'
import type { Transaction } from './target/transaction.ts'
import { listRunners } from './tracking/list-runners.ts'

const LONG_TRANSACTION_SECONDS = 300

export function checkServer({ isStandby, isReadOnly, version, role }: ServerFacts): PreflightCheck {
  const name = 'primary, writable'
  if (isStandby) return failed(name, 'a standby: nothing can be written there', 'Connect to the primary.')
  if (isReadOnly)
    return failed(
      name,
      `role ${role} begins its transactions read-only`,
      `ALTER ROLE ${role} RESET default_transaction_read_only;`,
    )
  return { name, outcome: 'holds', detail: `PostgreSQL ${version}, as ${role}`, remedy: null }
}

/** A transaction that stays open keeps dead rows of the backfill from being removed. */
export async function checkLongTransactions(transaction: Transaction): Promise<PreflightCheck> {
  const name = 'long transactions'
  const { rows } = await transaction.query(
    sql`SELECT pid, (extract(epoch FROM clock_timestamp() - xact_start))::float8 AS seconds, application_name AS application
          FROM pg_stat_activity
         WHERE xact_start IS NOT NULL AND pid <> pg_backend_pid() AND datname = current_database() AND backend_type = 'client backend'
         ORDER BY xact_start LIMIT 1`,
  )
  const [oldest] = rows as { pid: number; seconds: number; application: string }[]
  if (oldest === undefined) return { name, outcome: 'holds', detail: 'none is open', remedy: null }
  const detail = `the oldest is open for ${String(Math.round(oldest.seconds))} s (pid ${String(oldest.pid)}, ${oldest.application})`
  return oldest.seconds < LONG_TRANSACTION_SECONDS
    ? { name, outcome: 'holds', detail, remedy: null }
    : { name, outcome: 'warns', detail, remedy: 'Dead rows stay until it ends: wait for it, or ask whose it is.' }
}

/** Triggers of the table fire for every changed row. */
export async function checkTriggers(transaction: Transaction, { table }: Scoped): Promise<PreflightCheck> {
  const name = 'triggers'
  const { rows } = await transaction.query(
    sql`SELECT tgname::text AS name FROM pg_trigger
         WHERE tgrelid = ${table.oid}::oid AND NOT tgisinternal AND tgenabled <> 'D' ORDER BY tgname`,
  )
  const names = rows.map((row) => String(row.name))
  return names.length === 0
    ? { name, outcome: 'holds', detail: `none on ${table.qualifiedName}`, remedy: null }
    : { name, outcome: 'warns', detail: `fire for each changed row: ${names.join(', ')}`, remedy: null }
}

/** Only one migration writes a table at a time. */
export async function checkTableFree(
  transaction: Transaction,
  context: EngineContext,
  { table }: Scoped,
): Promise<PreflightCheck> {
  const name = 'table is free'
  const { rows } = await transaction.query(
    sql`SELECT migration_id::text AS migration_id FROM ${context.tables.leases} WHERE table_oid = ${table.leaseOid}::oid`,
  )
  const [lease] = rows as { migration_id: string }[]
  const holder = lease?.migration_id ?? null
  const live =
    holder === null ? undefined : (await listRunners(transaction, context, holder)).find(({ isLive }) => isLive)
  if (live === undefined) return { name, outcome: 'holds', detail: 'no runner writes it now', remedy: null }
  return {
    name,
    outcome: 'warns',
    detail: `migration ${String(holder)} writes it now, driven by ${live.operator} on ${live.host}`,
    remedy: 'It can be queued; it runs when that one has ended or is paused.',
  }
}

export function failed(name: string, detail: string, remedy: string | null): PreflightCheck {
  return { name, outcome: 'failed', detail, remedy }
}
