/** A PostgreSQL server for one test file, where its settings, or what others would suffer of them, are the point. */
import { mkdtemp, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, inject } from 'vitest'
import { removeServer } from './remove-server.ts'
import type { ServerConnection } from '../../src/host/postgres/server-login.ts'
import { DISPOSABLE_SETTINGS, type ServerSettings } from '../../src/host/postgres/server-settings.ts'
import { startServer } from '../../src/host/postgres/start-server.ts'

/** Starts it before the file's tests and ends it after them; returns the way to its connection. */
export function serverOfItsOwn(settings: ServerSettings): () => ServerConnection {
  let folder = ''
  let connection: ServerConnection | null = null
  beforeAll(async () => {
    folder = await mkdtemp(join(inject('runFolder'), 'server-'))
    const ports = { first: 55_400, count: 200 }
    const server = await startServer({ folder, settings: { ...DISPOSABLE_SETTINGS, ...settings }, ports })
    connection = server.connection
  })
  afterAll(async () => {
    await removeServer(folder)
    await rm(folder, { recursive: true })
  })
  return () => {
    if (connection === null) throw new Error('the server of this file is not there yet')
    return connection
  }
}
