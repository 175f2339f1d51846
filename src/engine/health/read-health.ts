import type { HealthReading } from '../../shared/health.ts'
import { sql } from '../../shared/sql.ts'
import { type EngineContext, inTransaction, onlyRow } from '../context.ts'
import { unknownMigration } from '../transitions.ts'
import { createHealthMonitor } from './monitor.ts'

/** What every indicator says about the migration's table at this moment. Throws unknown_migration. */
export async function readHealth(context: EngineContext, migrationId: string): Promise<readonly HealthReading[]> {
  const { rows } = await inTransaction(context, (transaction) =>
    transaction.query(
      sql`SELECT table_oid::text AS table_oid FROM ${context.tables.details} WHERE migration_id = ${migrationId}`,
    ),
  )
  const { table_oid: tableOid } = onlyRow<{ table_oid: string }>(rows, unknownMigration(migrationId))
  return createHealthMonitor(context, tableOid).evaluate()
}
