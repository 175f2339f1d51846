/**
 * For a scheduler: what nobody else looks after. Held migrations are driven by nobody, so it reconsiders their holds itself; it
 * puts back what a killed finalizer left behind; and it deletes logs that are too old.
 */
import { toAppError } from '../shared/errors.ts'
import { sql } from '../shared/sql.ts'
import { MIGRATION_STATUS_CODES } from '../shared/status.ts'
import { restoreIfAbandoned } from './abandoned.ts'
import { type EngineContext, inTransaction } from './context.ts'
import { createHealthMonitor, type HealthMonitor } from './health/monitor.ts'
import { reconsiderHold } from './hold.ts'
import { kindOfError } from './target/sqlstate.ts'
import { deleteOldLogs } from './tracking/delete-old-logs.ts'

const BETWEEN_TIDYING_MS = 3_600_000

/** Returns a function that looks after all migrations of the database, at most once in a while. */
export function createLookAfter(context: EngineContext, signal: AbortSignal): () => Promise<void> {
  const monitors = new Map<string, HealthMonitor>()
  let lookedAtMs = -Infinity
  let tidiedAtMs = -Infinity
  return async () => {
    const nowMs = context.clock.now().getTime()
    if (nowMs - lookedAtMs < context.limits.holdCheckMs) return
    lookedAtMs = nowMs
    if (nowMs - tidiedAtMs >= BETWEEN_TIDYING_MS) {
      tidiedAtMs = nowMs
      await orTell(context, null, () => deleteOldLogs(context, signal))
    }
    for (const id of await listFinalizing(context)) await orTell(context, id, () => restoreIfAbandoned(context, id))
    const held = await listHeld(context)
    for (const id of monitors.keys()) if (!held.some((migration) => migration.id === id)) monitors.delete(id)
    for (const { id, table_oid: tableOid } of held) {
      const monitor = monitors.get(id) ?? createHealthMonitor(context, tableOid)
      monitors.set(id, monitor)
      await orTell(context, id, () => reconsiderHold(context, monitor, id))
    }
  }
}

/** One migration that is locked, or was deleted at this moment, must not keep the others from being driven. */
async function orTell(context: EngineContext, migrationId: string | null, act: () => Promise<unknown>): Promise<void> {
  try {
    await act()
  } catch (error) {
    if (kindOfError(error) === 'connection') throw error
    const { code, message } = toAppError(error)
    const of = migrationId === null ? {} : { migrationId }
    context.logger.log('warn', migrationId === null ? 'old logs not deleted' : 'migration not looked after', {
      ...of,
      code,
      message,
    })
  }
}

async function listFinalizing({ tables, ...context }: EngineContext): Promise<readonly string[]> {
  const { rows } = await inTransaction({ tables, ...context }, (transaction) =>
    transaction.query(
      sql`SELECT id FROM ${tables.migrations} WHERE status = ${MIGRATION_STATUS_CODES.finalizing} ORDER BY id`,
    ),
  )
  return rows.map(({ id }) => String(id))
}

async function listHeld(
  context: EngineContext,
): Promise<readonly { readonly id: string; readonly table_oid: string }[]> {
  const { tables } = context
  const { rows } = await inTransaction(context, (transaction) =>
    transaction.query(
      sql`SELECT m.id, d.table_oid::text AS table_oid
            FROM ${tables.migrations} AS m JOIN ${tables.details} AS d ON d.migration_id = m.id
           WHERE m.status = ${MIGRATION_STATUS_CODES.active} AND m.on_hold_until IS NOT NULL
           ORDER BY m.id`,
    ),
  )
  return rows as { id: string; table_oid: string }[]
}
