/** Where the tests of a catalogue make their databases: the server of TRANCHE_TEST_URL, else one of our own that is thrown away. */
import { randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import { resolveTarget } from '../connection/resolve-target.ts'
import type { Environ } from '../connection/read-service.ts'
import type { ServerConnection } from '../postgres/server-login.ts'
import { DISPOSABLE_SETTINGS } from '../postgres/server-settings.ts'
import { startServer } from '../postgres/start-server.ts'

export interface DisposableServer {
  readonly server: ServerConnection
  readonly databasePrefix: string
  readonly description: string
  /** Nothing of it is left. */
  close(): Promise<void>
}

/** Throws server_binaries_missing, invalid_target. */
export async function openDisposableServer(env: Environ, signal: AbortSignal): Promise<DisposableServer> {
  const databasePrefix = `tranche_test_${randomBytes(4).toString('hex')}_`
  const url = env.TRANCHE_TEST_URL ?? ''
  return url === '' ? openOwn(databasePrefix, signal) : openNamed(url, databasePrefix, env)
}

async function openOwn(databasePrefix: string, signal: AbortSignal): Promise<DisposableServer> {
  const folder = await mkdtemp(join(tmpdir(), 'tranche-test-'))
  const remove = (): Promise<void> => rm(folder, { recursive: true, force: true })
  try {
    const server = await startServer({
      folder,
      settings: DISPOSABLE_SETTINGS,
      ports: { first: 54_530, count: 100 },
      signal,
    })
    return {
      server: server.connection,
      databasePrefix,
      description: `PostgreSQL ${server.version} (${server.provider}), thrown away afterwards`,
      async close() {
        await server.stop()
        await remove()
      },
    }
  } catch (error) {
    await remove()
    throw error
  }
}

/** Its databases are dropped by their prefix; nothing else of that server is looked at. */
async function openNamed(url: string, databasePrefix: string, env: Environ): Promise<DisposableServer> {
  const { parameters } = await resolveTarget({
    ...{ url, connection: null, environment: 'development', isWriting: true, env, projectFolder: '' },
    warn: () => undefined,
  })
  const { host, port, user, database } = parameters
  const server = { host, port, user, database, password: (await parameters.password()) ?? '' }
  return {
    server,
    databasePrefix,
    description: `${host}:${String(port)} (TRANCHE_TEST_URL)`,
    async close() {
      const client = new pg.Client({ ...server, ssl: false, application_name: 'tranche test' })
      await client.connect()
      try {
        const { rows } = await client.query<{ datname: string }>(
          'SELECT datname FROM pg_database WHERE starts_with(datname, $1)',
          [databasePrefix],
        )
        for (const { datname } of rows)
          await client.query(`DROP DATABASE IF EXISTS ${pg.escapeIdentifier(datname)} WITH (FORCE)`)
      } finally {
        await client.end()
      }
    },
  }
}
