import type { Identity } from '../../src/engine/ports.ts'
import { systemIdentity } from '../../src/host/system/identity.ts'
import type { TestDatabase } from './test-database.ts'

/** A runner that finalizes the migration, of this living process or of the one that is given. */
export async function registerFinalizer(
  query: TestDatabase['query'],
  migrationId: string,
  who: Identity = systemIdentity('0.0.0-test'),
): Promise<void> {
  const { host, bootId, pidNamespace, pid, pidStart } = who
  await query(
    `INSERT INTO tranche.runners (id, migration_id, operator, host, boot_id, pid_namespace, pid, pid_start, version, is_finalizing)
     VALUES (gen_random_uuid(), $1, 'ghost', $2, $3, $4, $5, $6, '0', true)`,
    [migrationId, host, bootId, pidNamespace, pid, pidStart],
  )
}
