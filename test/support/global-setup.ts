/** Runs once before the first test: one PostgreSQL server for all of them, gone after the last. */
import type { TestProject } from 'vitest/node'
import type { ServerConnection } from '../../src/host/postgres/server-login.ts'
import { openRunFolder } from './run-folder.ts'
import { openTestServer } from './test-server.ts'

declare module 'vitest' {
  interface ProvidedContext {
    /** Where databases may be created. */
    server: ServerConnection
    /** Every database of this run begins with it. */
    databasePrefix: string
    /** For files and further servers; deleted after the run. */
    runFolder: string
  }
}

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const folder = await openRunFolder()
  const server = await openTestServer(folder.path).catch(async (error: unknown) => {
    await folder.remove()
    throw error
  })
  console.log(`Tests use ${server.description}`)
  project.provide('server', server.connection)
  project.provide('databasePrefix', server.databasePrefix)
  project.provide('runFolder', folder.path)
  return async () => {
    await server.close()
    await folder.remove()
  }
}
