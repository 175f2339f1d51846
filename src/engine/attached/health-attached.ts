import type { HealthReading } from '../../shared/health.ts'
import { raw, sql, type Sql } from '../../shared/sql.ts'
import { type EngineContext, inTransaction, onlyRow } from '../context.ts'
import { type Finding, notAvailable } from '../health/indicator.ts'
import { createHealthMonitor } from '../health/monitor.ts'
import { isId } from '../tracking/find-migration.ts'
import { unknownMigration } from '../transitions.ts'

/** No relation has it. */
const NO_TABLE = '0'

/**
 * What the indicators say about the table of one of GitLab's migrations, by the thresholds at hand. Whom its workers keep
 * waiting cannot be told: nothing marks their sessions. Throws unknown_migration.
 */
export async function readHealthAttached(
  context: EngineContext,
  migrationId: string,
): Promise<readonly HealthReading[]> {
  const tableOid = await findTable(context, migrationId)
  const readings = await createHealthMonitor(context, tableOid ?? NO_TABLE).evaluate()
  const differently: Partial<Record<HealthReading['indicator'], Finding>> = {
    lock_waits: notAvailable("GitLab's workers drive it, and nothing tells their sessions from others"),
    ...(tableOid === null ? { autovacuum: notAvailable('its table is not in this database') } : {}),
  }
  return readings.map((reading) => ({ ...reading, ...differently[reading.indicator] }))
}

async function findTable(context: EngineContext, migrationId: string): Promise<string | null> {
  if (!isId(migrationId)) throw unknownMigration(migrationId)
  const { rows } = await inTransaction(context, (transaction) =>
    transaction.query(
      sql`SELECT ${oidOf('m.table_name')}::text AS oid FROM ${context.tables.migrations} AS m WHERE m.id = ${migrationId}`,
    ),
  )
  return onlyRow<{ oid: string | null }>(rows, unknownMigration(migrationId)).oid
}

/** GitLab writes names as they are: `table` or `schema.table`, unquoted. */
function oidOf(name: string): Sql {
  return raw(`CASE WHEN array_length(string_to_array(${name}, '.'), 1) <= 2
     THEN to_regclass((SELECT string_agg(quote_ident(part), '.' ORDER BY n)
                         FROM unnest(string_to_array(${name}, '.')) WITH ORDINALITY AS parts (part, n)))::oid END`)
}
