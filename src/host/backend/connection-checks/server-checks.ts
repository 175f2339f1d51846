/** What a server says of itself, once it let us in. Nothing is written. */
import type { ServerFacts } from '../../../engine/target/server-facts.ts'
import type { Transaction } from '../../../engine/target/transaction.ts'
import { readSchemaState } from '../../../engine/tracking/schema-state.ts'
import { newestVersion } from '../../../engine/tracking/schema-steps.ts'
import { quoteIdentifier, sql } from '../../../shared/sql.ts'
import type { StoredConnection } from '../../../storage/connections.ts'
import { failed, type Finding, holds, note } from './finding.ts'

const LARGEST_SKEW_MS = 5_000

export function describePrimary({ isStandby, isReadOnly, role }: ServerFacts): Finding {
  if (isStandby)
    return note('a standby: it can be looked at, nothing can be written', 'Connect to the primary to write.')
  if (!isReadOnly) return holds('writable')
  return note(
    `role ${role} begins its transactions read-only`,
    `Runs ask for read-write transactions themselves; where that is refused: ALTER ROLE ${quoteIdentifier(role)} RESET default_transaction_read_only;`,
  )
}

export function describePooler({ isPooled }: ServerFacts): Finding {
  return isPooled
    ? note(
        'a pooler stands between; runs are made for that',
        'It must allow as many sessions as jobs run at once, and a few more.',
      )
    : holds('direct connection')
}

interface PrivilegeRow {
  readonly may_create: boolean
  readonly may_use: boolean | null
  readonly tables: number
  readonly writable: number
}

export async function askPrivileges(
  transaction: Transaction,
  { trackingSchema }: StoredConnection,
  { role }: ServerFacts,
): Promise<Finding> {
  const { rows } = await transaction.query(
    sql`SELECT has_database_privilege(current_database(), 'CREATE') AS may_create,
               (SELECT has_schema_privilege(oid, 'CREATE') AND has_schema_privilege(oid, 'USAGE')
                  FROM pg_namespace WHERE nspname = ${trackingSchema}::name) AS may_use,
               count(*)::int AS tables,
               count(*) FILTER (WHERE has_schema_privilege(n.oid, 'USAGE') AND has_table_privilege(c.oid, 'SELECT')
                                  AND has_table_privilege(c.oid, 'UPDATE'))::int AS writable
          FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
         WHERE c.relkind IN ('r', 'p') AND n.nspname <> 'information_schema' AND n.nspname NOT LIKE 'pg\\_%'
           AND n.nspname <> ${trackingSchema}::name`,
  )
  const [row] = rows as unknown as PrivilegeRow[]
  if (row === undefined) throw new Error('an aggregate without a row')
  const schema = quoteIdentifier(trackingSchema)
  const grantee = quoteIdentifier(role)
  if (row.may_use === false) {
    return failed(
      `role ${role} may not create in the schema ${trackingSchema}`,
      `GRANT USAGE, CREATE ON SCHEMA ${schema} TO ${grantee};`,
    )
  }
  if (row.may_use === null && !row.may_create) {
    return failed(
      `role ${role} may not create the schema ${trackingSchema}`,
      `CREATE SCHEMA ${schema} AUTHORIZATION ${grantee};`,
    )
  }
  const tracking =
    row.may_use === true ? `may use the schema ${trackingSchema}` : `may create the schema ${trackingSchema}`
  const tables = `read and update ${String(row.writable)} of ${String(row.tables)} tables`
  return row.tables > 0 && row.writable === 0
    ? note(
        `${tracking}; ${tables}`,
        `Let their owner GRANT SELECT, UPDATE on the tables to be migrated to ${grantee}, and USAGE on their schema.`,
      )
    : holds(`${tracking}; ${tables}`)
}

export async function askClock(transaction: Transaction): Promise<Finding> {
  const before = Date.now()
  const { rows } = await transaction.query(sql`SELECT (extract(epoch FROM clock_timestamp()) * 1000)::float8 AS at_ms`)
  const [row] = rows as { at_ms: number }[]
  const skewMs = Math.round((row?.at_ms ?? 0) - (before + Date.now()) / 2)
  const detail = `${String(Math.abs(skewMs))} ms ${skewMs < 0 ? 'behind' : 'ahead of'} this machine`
  return Math.abs(skewMs) <= LARGEST_SKEW_MS
    ? holds(detail)
    : note(detail, 'Times on screen are the server’s. Set the clock of whichever is wrong.')
}

export async function askTracking(transaction: Transaction, { trackingSchema }: StoredConnection): Promise<Finding> {
  const { version } = await readSchemaState(transaction, trackingSchema)
  const newest = await newestVersion()
  if (version === null) return note(`no tracking tables in ${trackingSchema} yet`, 'Install them when it is opened.')
  if (version === 'attached') {
    return note(
      `${trackingSchema} holds GitLab’s own tracking tables`,
      'Migrations there can be listed, paused, resumed and retried. To run some of your own, name another tracking schema.',
    )
  }
  if (version === 'foreign') {
    return failed(
      `${trackingSchema} holds another framework’s tracking tables`,
      'Name another tracking schema for this connection.',
    )
  }
  const detail = `version ${String(version)} in ${trackingSchema}`
  if (version === newest) return holds(detail)
  return version < newest
    ? note(`${detail}; this console works with ${String(newest)}`, 'Install the new version when it is opened.')
    : failed(`${detail}; this console knows ${String(newest)}`, 'Use the newer Tranche that installed it.')
}
