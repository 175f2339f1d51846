import { randomBytes } from 'node:crypto'
import pg from 'pg'
import type { ServerConnection } from '../../src/host/postgres/server-login.ts'
import { DISPOSABLE_SETTINGS } from '../../src/host/postgres/server-settings.ts'
import { startServer } from '../../src/host/postgres/start-server.ts'

export interface TestServer {
  /** To a database from which others may be created. */
  readonly connection: ServerConnection
  /** Names of this run's databases begin with it. */
  readonly databasePrefix: string
  /** For people: which server this is. */
  readonly description: string
  close(): Promise<void>
}

/** The server named by TRANCHE_TEST_URL, else one of our own in `folder`. Closing leaves nothing of this run behind. */
export async function openTestServer(folder: string): Promise<TestServer> {
  const databasePrefix = `tranche_test_${randomBytes(4).toString('hex')}_`
  const url = process.env.TRANCHE_TEST_URL ?? ''
  return url === '' ? await startOwn(folder, databasePrefix) : await useNamed(url, databasePrefix)
}

async function startOwn(folder: string, databasePrefix: string): Promise<TestServer> {
  const server = await startServer({ folder, settings: DISPOSABLE_SETTINGS, ports: { first: 54_430, count: 100 } })
  const { connection, version, provider, account } = server
  return {
    connection,
    databasePrefix,
    description: `PostgreSQL ${version} (${provider}${account === null ? '' : `, as ${account}`}) in ${server.folder}`,
    close: () => server.stop(),
  }
}

async function useNamed(url: string, databasePrefix: string): Promise<TestServer> {
  const client = new pg.Client(url)
  const { host, port, user = '', password = '', database = '' } = client
  const connection: ServerConnection = { host, port, user, password, database }
  await client.connect()
  const { rows } = await client.query<{ version: string }>(`SELECT current_setting('server_version') AS version`)
  return {
    connection,
    databasePrefix,
    description: `PostgreSQL ${rows[0]?.version ?? ''} at ${connection.host}:${String(connection.port)} (TRANCHE_TEST_URL)`,
    close: async () => {
      await dropDatabases(client, databasePrefix)
      await client.end()
    },
  }
}

/** Test files drop theirs; templates are left for the end. */
async function dropDatabases(client: pg.Client, prefix: string): Promise<void> {
  const { rows } = await client.query<{ datname: string }>(
    `SELECT datname FROM pg_database WHERE starts_with(datname, $1)`,
    [prefix],
  )
  for (const { datname } of rows)
    await client.query(`DROP DATABASE IF EXISTS ${pg.escapeIdentifier(datname)} WITH (FORCE)`)
}
