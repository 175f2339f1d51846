/** A console's backend over a database of the test's own, reached by a role whose password must never be told. */
import { randomBytes } from 'node:crypto'
import { fileURLToPath } from 'node:url'
import pg from 'pg'
import { inject, onTestFinished } from 'vitest'
import { type Backend, createBackend } from '../../src/host/create-backend.ts'
import type { ServerConnection } from '../../src/host/postgres/server-login.ts'
import { silentLogger } from './engine-ports.ts'
import { temporaryFolder } from './temporary-folder.ts'
import { createTestDatabase, type TestDatabase } from './test-database.ts'

export const CONSOLE_CATALOGUE = fileURLToPath(new URL('../fixtures/catalogues/console', import.meta.url))

export interface ConsoleBundle {
  readonly database: TestDatabase
  readonly backend: Backend
  /** Of the role, with its password. */
  readonly connection: ServerConnection
  readonly url: string
  readonly folder: string
  /** One more console: with its own file, or that of `folder`. */
  readonly another: (folder?: string) => Promise<Backend>
}

const NUMBERS = `
  CREATE TABLE numbers (id bigint PRIMARY KEY, doubled bigint, quotient bigint);
  INSERT INTO numbers (id) SELECT generate_series(1, 1000);
  ANALYZE numbers`

export async function setupConsole(): Promise<ConsoleBundle> {
  const database = await createTestDatabase()
  await database.query(NUMBERS)
  const role = await createRole()
  const connection = { ...database.connection, ...role }
  const backends: Backend[] = []
  onTestFinished(async () => {
    await Promise.all(backends.map((backend) => backend.close()))
    await database.drop()
    await onServer(`DROP ROLE ${pg.escapeIdentifier(role.user)}`)
  })
  const open = async (folder: string): Promise<Backend> => {
    const backend = await createBackend({ logger: silentLogger, projectFolder: folder, folder, env: {} })
    backends.push(backend)
    return backend
  }
  const folder = await temporaryFolder()
  return {
    database,
    backend: await open(folder),
    connection,
    url: urlOf(connection),
    folder,
    another: async (own) => open(own ?? (await temporaryFolder())),
  }
}

export function urlOf({ host, port, user, password, database }: ServerConnection): string {
  return `postgres://${user}:${password}@${encodeURIComponent(host)}:${String(port)}/${database}?sslmode=disable`
}

async function createRole(): Promise<{ readonly user: string; readonly password: string }> {
  const user = `tranche_console_${randomBytes(4).toString('hex')}`
  const password = `canary_${randomBytes(12).toString('hex')}`
  await onServer(`CREATE ROLE ${pg.escapeIdentifier(user)} LOGIN SUPERUSER PASSWORD ${pg.escapeLiteral(password)}`)
  return { user, password }
}

async function onServer(text: string): Promise<void> {
  const client = new pg.Client({ ...inject('server'), application_name: 'test support' })
  await client.connect()
  try {
    await client.query(text)
  } finally {
    await client.end()
  }
}
