/** How far behind each replica of the target is, where this role may know it. */
import type { ReplicaView } from '../shared/session-view.ts'
import { type EngineContext, inTransaction } from './context.ts'
import { lagOf, type ReplicaRow, selectReplicas } from './health/replicas.ts'

/** By name. Throws on a standby. Changes nothing. */
export async function listReplicas(context: EngineContext): Promise<readonly ReplicaView[]> {
  return inTransaction(
    context,
    async (transaction) => {
      const { rows } = await transaction.query(selectReplicas)
      return (rows as unknown as ReplicaRow[])
        .map((row) => ({ name: row.name, lagSeconds: row.lag_bytes === null ? null : lagOf(row).seconds }))
        .sort((a, b) => a.name.localeCompare(b.name, 'en'))
    },
    { isReadOnly: true },
  )
}
