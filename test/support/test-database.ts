import { randomBytes } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import { inject } from 'vitest'
import type { ServerConnection } from '../../src/host/postgres/server-login.ts'

export interface TestDatabase {
  readonly connection: ServerConnection
  /** `connection` as a URL, password included. */
  readonly url: string
  /** Runs one statement on a connection of the test's own and returns its rows. Bigints are strings. */
  readonly query: <Row extends pg.QueryResultRow = pg.QueryResultRow>(
    text: string,
    values?: readonly unknown[],
  ) => Promise<Row[]>
  /** One more real connection; `drop` ends it when the test did not. */
  connect(options?: { readonly applicationName?: string }): Promise<pg.Client>
  /** Ends our connections and keeps the database. Throws if anybody else is still connected. */
  close(): Promise<void>
  /** Ends our connections and drops the database. Throws if anybody else was still connected: the code under test leaks. */
  drop(): Promise<void>
}

/** A database of the test file's own: a copy of `template` (see templateDatabase), or empty. */
export async function createTestDatabase(
  template = 'template0',
  server: ServerConnection = inject('server'),
): Promise<TestDatabase> {
  const name = `${inject('databasePrefix')}${randomBytes(5).toString('hex')}`
  await onServer(server, `CREATE DATABASE ${pg.escapeIdentifier(name)} TEMPLATE ${pg.escapeIdentifier(template)}`)
  return openTestDatabase(name, server)
}

/** A handle on an existing database of this run. */
export function openTestDatabase(name: string, server: ServerConnection = inject('server')): TestDatabase {
  const connection: ServerConnection = { ...server, database: name }
  const pool = new pg.Pool({ ...connection, application_name: 'test', max: 4 })
  // Tests end servers on purpose; an idle connection that breaks is replaced at the next use.
  pool.on('error', () => undefined)
  const clients = new Set<pg.Client>()
  const disconnect = async () => {
    await Promise.all([pool.end(), ...[...clients].map((client) => client.end())])
  }
  return {
    connection,
    url: formatUrl(connection),
    query: async <Row extends pg.QueryResultRow>(text: string, values: readonly unknown[] = []) =>
      (await pool.query<Row>(text, [...values])).rows,
    connect: async ({ applicationName = 'test connection' } = {}) => {
      const client = new pg.Client({ ...connection, application_name: applicationName })
      clients.add(client)
      client.on('end', () => clients.delete(client))
      // Tests end backends on purpose; the statement that was running reports it.
      client.on('error', () => undefined)
      await client.connect()
      return client
    },
    close: async () => {
      await disconnect()
      refuseLeaked(await findLeakedConnections(server, name))
    },
    drop: async () => {
      await disconnect()
      const leaked = await findLeakedConnections(server, name)
      await onServer(server, `DROP DATABASE ${pg.escapeIdentifier(name)} WITH (FORCE)`)
      refuseLeaked(leaked)
    },
  }
}

function refuseLeaked(connections: readonly Connection[]): void {
  if (connections.length === 0) return
  const list = connections.map(({ application, state, query }) => `  ${application} (${state ?? 'no state'}): ${query}`)
  throw new Error(`connections were still open when the test let go of its database:\n${list.join('\n')}`)
}

interface Connection {
  readonly application: string
  readonly state: string | null
  readonly query: string
}

/** A backend takes a moment to notice that its client left, so only those that stay count. */
async function findLeakedConnections(server: ServerConnection, name: string): Promise<readonly Connection[]> {
  for (let patience = 500; ; patience -= 1) {
    const open = await onServer<Connection>(
      server,
      `SELECT application_name AS application, state, query
       FROM pg_stat_activity
       WHERE datname = $1 AND backend_type = 'client backend'`,
      [name],
    )
    if (open.length === 0 || patience === 0) return open
    await sleep(20)
  }
}

async function onServer<Row extends pg.QueryResultRow>(
  server: ServerConnection,
  text: string,
  values: unknown[] = [],
): Promise<Row[]> {
  const client = new pg.Client({ ...server, application_name: 'test support' })
  await client.connect()
  try {
    return (await client.query<Row>(text, values)).rows
  } finally {
    await client.end()
  }
}

function formatUrl({ host, port, user, password, database }: ServerConnection): string {
  const login = `${encodeURIComponent(user)}:${encodeURIComponent(password)}`
  return `postgresql://${login}@${host}:${String(port)}/${encodeURIComponent(database)}`
}
