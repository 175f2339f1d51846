import { realpath } from 'node:fs/promises'
import pg from 'pg'
import { SUPERUSER, readPassword, type Cluster } from './cluster.ts'
import { messageOf } from '../../shared/errors.ts'

/** What a client needs to connect, as pg's configuration names it. */
export interface ServerConnection {
  readonly host: string
  readonly port: number
  readonly user: string
  readonly password: string
  readonly database: string
}

export type LoginOutcome =
  | { readonly kind: 'ready'; readonly connection: ServerConnection; readonly version: string }
  /** Nobody listens yet, or the server is starting or ending: worth another try. */
  | { readonly kind: 'not_yet'; readonly reason: string }
  /** Somebody else's server. */
  | { readonly kind: 'foreign'; readonly reason: string }

export const HOST = '127.0.0.1'

/** Logs in once and makes sure that this is the cluster's own server. */
export async function tryLogin(cluster: Cluster, port: number): Promise<LoginOutcome> {
  const connection = { host: HOST, port, user: SUPERUSER, password: await readPassword(cluster), database: 'postgres' }
  // TLS is switched off explicitly: pg would take PGSSLMODE of the environment otherwise.
  const client = new pg.Client({
    ...connection,
    ssl: false,
    connectionTimeoutMillis: 5_000,
    application_name: 'tranche start',
  })
  client.on('error', () => undefined)
  try {
    await client.connect()
    const { rows } = await client.query<{ folder: string; version: string }>(
      `SELECT current_setting('data_directory') AS folder, current_setting('server_version') AS version`,
    )
    const [row] = rows
    if (row === undefined || (await realpath(row.folder)) !== (await realpath(cluster.dataFolder))) {
      return { kind: 'foreign', reason: `the server on port ${String(port)} keeps its data elsewhere` }
    }
    return { kind: 'ready', connection, version: row.version.split(' ')[0] ?? row.version }
  } catch (error) {
    const reason = messageOf(error)
    const code = error instanceof Error && 'code' in error ? error.code : undefined
    // 28xxx: not our password; 3Dxxx: not our database.
    return { kind: typeof code === 'string' && /^(28|3D)/.test(code) ? 'foreign' : 'not_yet', reason }
  } finally {
    await client.end().catch(() => undefined)
  }
}
