import { sql, type Sql } from '../../shared/sql.ts'
import type { EngineContext } from '../context.ts'

interface Registering {
  readonly runnerId: string
  /** null: a scheduler, which drives whatever is due. */
  readonly migrationId: string | null
  readonly isFinalizing?: boolean
}

/** Repeatable: the answer to the COMMIT of registering may have been lost, and its heartbeat have grown old meanwhile. */
export function registerRunner(
  { tables, identity }: Pick<EngineContext, 'tables' | 'identity'>,
  { runnerId, migrationId, isFinalizing = false }: Registering,
): Sql {
  const { operator, host, bootId, pidNamespace, pid, pidStart, version } = identity
  return sql`INSERT INTO ${tables.runners}
               (id, migration_id, operator, host, boot_id, pid_namespace, pid, pid_start, version, is_finalizing)
             VALUES (${runnerId}, ${migrationId}, ${operator}, ${host}, ${bootId}, ${pidNamespace}, ${pid}, ${pidStart}, ${version},
                     ${isFinalizing})
             ON CONFLICT (id) DO UPDATE SET heartbeat_at = clock_timestamp()`
}
