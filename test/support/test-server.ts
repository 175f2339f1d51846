import { randomBytes } from 'node:crypto'
import { rmSync } from 'node:fs'
import { lstat, mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import { isAlive } from '../../src/host/postgres/postmaster.ts'
import { removeServer } from '../../src/host/postgres/remove-server.ts'
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

const FOLDER = 'tranche-test-'

/** The server named by TRANCHE_TEST_URL, else one of our own. Closing leaves nothing of this run behind. */
export async function openTestServer(): Promise<TestServer> {
  const databasePrefix = `tranche_test_${randomBytes(4).toString('hex')}_`
  const url = process.env.TRANCHE_TEST_URL ?? ''
  return url === '' ? await startOwn(databasePrefix) : await useNamed(url, databasePrefix)
}

async function startOwn(databasePrefix: string): Promise<TestServer> {
  await removeAbandoned()
  const folder = await mkdtemp(join(tmpdir(), FOLDER))
  await writeFile(join(folder, 'owner'), String(process.pid))
  const remove = async () => {
    await removeServer(folder)
    await rm(folder, { recursive: true, force: true })
  }
  const ports = { first: 54_430, count: 100 }
  const server = await startServer({ folder, settings: DISPOSABLE_SETTINGS, ports }).catch(async (error: unknown) => {
    await remove()
    throw error
  })
  // When the runner is interrupted it may end without calling close.
  const removeAtExit = () => {
    try {
      process.kill(server.pid, 'SIGQUIT')
    } catch {
      // It ended before us.
    }
    rmSync(folder, { recursive: true, force: true })
  }
  process.once('exit', removeAtExit)
  const { connection, version, provider, account } = server
  return {
    connection,
    databasePrefix,
    description: `PostgreSQL ${version} (${provider}${account === null ? '' : `, as ${account}`}) in ${server.folder}`,
    close: async () => {
      process.off('exit', removeAtExit)
      await remove()
    },
  }
}

/** A runner that was killed could not clean up. */
async function removeAbandoned(): Promise<void> {
  const names = await readdir(tmpdir())
  for (const folder of names.filter((name) => name.startsWith(FOLDER)).map((name) => join(tmpdir(), name))) {
    const owner = Number(await readFile(join(folder, 'owner'), 'utf8').catch(() => 'NaN'))
    const { uid } = await lstat(folder)
    if (Number.isNaN(owner) || uid !== process.getuid?.() || (await isAlive(owner))) continue
    await removeServer(folder)
    await rm(folder, { recursive: true, force: true })
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
