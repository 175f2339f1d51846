/** What an active migration that nobody drives at this moment waits for: its interval, a scheduler, its table. */
import { raw, sql } from '../shared/sql.ts'
import type { EngineContext } from './context.ts'
import { leaseRoot } from './lease-root.ts'
import { lastStart, spacing } from './spacing.ts'
import type { Transaction } from './target/transaction.ts'
import { listRunners } from './tracking/list-runners.ts'
import type { Migration, Schedule } from './types.ts'

/** The same for every migration of a database. */
export type Scheduling = Pick<Schedule, 'schedulers' | 'isOn'>

/** Reads only. */
export async function readScheduling(transaction: Transaction, context: EngineContext): Promise<Scheduling> {
  const schedulers = (await listRunners(transaction, context, null)).filter(({ isLive }) => isLive)
  const { rows } = await transaction.query(sql`SELECT is_scheduling_on AS is_on FROM ${context.tables.meta} AS meta`)
  const [row] = rows as unknown as { readonly is_on: boolean }[]
  return { schedulers, isOn: row?.is_on ?? true }
}

interface Row {
  readonly due_in: number | null
  readonly held_by: string | null
}

/** Reads only; of one that is not active there is nothing to ask. */
export async function readSchedule(
  transaction: Transaction,
  context: EngineContext,
  scheduling: Scheduling,
  { id, status }: Pick<Migration, 'id' | 'status'>,
): Promise<Schedule> {
  if (status !== 'active') return { ...scheduling, dueInSeconds: null, tableHeldBy: null }
  const { tables } = context
  const { rows } = await transaction.query(
    sql`SELECT ${spacing('m')} - extract(epoch FROM clock_timestamp() - ${lastStart(tables, 'm')})::float8 AS due_in,
               (SELECT l.migration_id::text FROM ${tables.details} AS d
                  JOIN ${tables.leases} AS l ON l.table_oid = ${leaseRoot(raw('d.table_oid'))} AND l.migration_id <> m.id
                 WHERE d.migration_id = m.id) AS held_by
          FROM ${tables.migrations} AS m WHERE m.id = ${id}`,
  )
  const [row] = rows as unknown as Row[]
  return {
    ...scheduling,
    dueInSeconds: typeof row?.due_in === 'number' ? Math.max(0, row.due_in) : null,
    tableHeldBy: await liveHolder(transaction, context, row?.held_by ?? null),
  }
}

async function liveHolder(
  transaction: Transaction,
  context: EngineContext,
  holder: string | null,
): Promise<string | null> {
  if (holder === null) return null
  return (await listRunners(transaction, context, holder)).some(({ isLive }) => isLive) ? holder : null
}
