/** The supported versions that are at hand: the newest that is installed, and the one that comes with the packages. */
import { mkdtemp, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, inject, it, onTestFinished, vi } from 'vitest'
import { DISPOSABLE_SETTINGS } from '../../src/host/postgres/server-settings.ts'
import { startServer } from '../../src/host/postgres/start-server.ts'
import { findServerBinaries } from '../../src/host/postgres/find-server-binaries.ts'
import type { ServerConnection } from '../../src/host/postgres/server-login.ts'
import { sql } from '../../src/catalogue/api.ts'
import { hitEvery } from '../support/hits.ts'
import { hits, queued } from '../support/queued.ts'
import { removeServer } from '../support/remove-server.ts'

const [newest, ...others] = await findServerBinaries(null)
const oldest = others.at(-1) ?? newest

async function server(provider: string): Promise<ServerConnection> {
  vi.stubEnv('TRANCHE_POSTGRES', provider)
  const folder = await mkdtemp(join(inject('runFolder'), 'version-'))
  onTestFinished(async () => {
    vi.unstubAllEnvs()
    await removeServer(folder)
    await rm(folder, { recursive: true })
  })
  const ports = { first: 55_600, count: 100 }
  return (await startServer({ folder, settings: DISPOSABLE_SETTINGS, ports })).connection
}

it.each([...new Set([newest.provider, oldest.provider])])(
  'a migration goes its whole way on the server that is %s',
  async (provider) => {
    const definition = hitEvery({ scope: sql`id % 2 = 0`, batchSize: 40, subBatchSize: 10 })
    const bundle = await queued(200, definition, [], { server: await server(provider) })
    const { engine, migrationId } = bundle
    expect(await engine.run(migrationId)).toMatchObject({ reason: 'finished', rows: { scanned: 100, changed: 100 } })
    expect(await engine.verify(migrationId)).toMatchObject({ holds: true })
    expect(await engine.finalize(migrationId)).toMatchObject({ migration: { status: 'finalized' } })
    expect(await hits(bundle)).toEqual([
      { hits: 0, count: 100 },
      { hits: 1, count: 100 },
    ])
    await engine.uninstall()
  },
)
