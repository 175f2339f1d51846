/** Runs once before the first test: one PostgreSQL server for all of them, gone after the last. */
import type { TestProject } from 'vitest/node'
import { openTestServer } from './test-server.ts'
import type { ServerConnection } from '../../src/host/postgres/server-login.ts'

declare module 'vitest' {
  interface ProvidedContext {
    /** Where databases may be created. */
    server: ServerConnection
    /** Every database of this run begins with it. */
    databasePrefix: string
  }
}

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const server = await openTestServer()
  console.log(`Tests use ${server.description}`)
  project.provide('server', server.connection)
  project.provide('databasePrefix', server.databasePrefix)
  return () => server.close()
}
