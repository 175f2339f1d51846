/** What the engine must know about a server before it writes there. Read once per engine, and again after each reconnect. */
import type pg from 'pg'
import { TrancheError } from '../../shared/errors.ts'
import { sql } from '../../shared/sql.ts'
import type { Target } from './open-target.ts'
import { query } from './transaction.ts'

export interface ServerFacts {
  readonly versionNumber: number
  readonly version: string
  readonly isStandby: boolean
  readonly isReadOnly: boolean
  /**
   * A pooler sits between when the server's own pid is not the one that the connection was told, or the address is one of
   * poolers: then no statement is prepared, since the next transaction may run on another session.
   */
  readonly isPooled: boolean
  readonly hasConnectionCheck: boolean
  readonly role: string
}

const OLDEST_VERSION = 140_000

export async function readServerFacts(target: Target): Promise<ServerFacts> {
  return target.withClient(async (client) => {
    const { rows } = await query(
      client,
      sql`SELECT current_setting('server_version_num')::int AS version_number,
                 current_setting('server_version') AS version,
                 pg_is_in_recovery() AS is_standby,
                 current_setting('transaction_read_only') = 'on' AS is_read_only,
                 pg_backend_pid() AS pid,
                 current_user::text AS role`,
    )
    const row = rows[0] as {
      version_number: number
      version: string
      is_standby: boolean
      is_read_only: boolean
      pid: number
      role: string
    }
    return {
      versionNumber: row.version_number,
      version: row.version,
      isStandby: row.is_standby,
      isReadOnly: row.is_read_only,
      isPooled: target.looksPooled || (client as pg.Client & { processID?: number }).processID !== row.pid,
      hasConnectionCheck: await canCheckConnections(client),
      role: row.role,
    }
  })
}

/** Throws target_too_old or target_standby where Tranche must not write. */
export function assertWritable(facts: ServerFacts, description: string): void {
  assertSupported(facts, description)
  if (!facts.isStandby) return
  throw new TrancheError('target_standby', `${description} is a standby: nothing can be written there`, {
    remedy: 'Connect to the primary; after a failover the same name may lead to another server.',
  })
}

/** Throws target_too_old below PostgreSQL 14. */
export function assertSupported({ versionNumber, version }: ServerFacts, description: string): void {
  if (versionNumber >= OLDEST_VERSION) return
  throw new TrancheError('target_too_old', `${description} runs PostgreSQL ${version}; Tranche needs 14 or newer`, {
    remedy: 'Upgrade the server, or use another tool for this one.',
    details: { versionNumber },
  })
}

/** Some platforms' servers accept no interval for client_connection_check_interval. */
async function canCheckConnections(client: pg.Client): Promise<boolean> {
  try {
    await query(client, sql`SELECT set_config('client_connection_check_interval', '1s', true)`)
    return true
  } catch {
    return false
  }
}
