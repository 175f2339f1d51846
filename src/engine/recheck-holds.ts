/** For a scheduler: held migrations are driven by nobody, so it looks after their holds itself. */
import { sql } from '../shared/sql.ts'
import { MIGRATION_STATUS_CODES } from '../shared/status.ts'
import { type EngineContext, inTransaction } from './context.ts'
import { createHealthMonitor, type HealthMonitor } from './health/monitor.ts'
import { reconsiderHold } from './hold.ts'

/** Returns a function that reconsiders all holds of active migrations, at most once in a while. */
export function createHoldChecks(context: EngineContext): () => Promise<void> {
  const monitors = new Map<string, HealthMonitor>()
  let checkedAtMs = -Infinity
  return async () => {
    const nowMs = context.clock.now().getTime()
    if (nowMs - checkedAtMs < context.limits.holdCheckMs) return
    checkedAtMs = nowMs
    const held = await listHeld(context)
    for (const id of monitors.keys()) if (!held.some((migration) => migration.id === id)) monitors.delete(id)
    for (const { id, table_oid: tableOid } of held) {
      const monitor = monitors.get(id) ?? createHealthMonitor(context, tableOid)
      monitors.set(id, monitor)
      await reconsiderHold(context, monitor, id)
    }
  }
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
