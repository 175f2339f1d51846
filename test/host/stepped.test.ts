/** Stepped migrations through the console's contract: what its screen calls, and the state that it shows. */
import { mkdtemp, realpath, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, it, onTestFinished } from 'vitest'
import type { SteppedView } from '../../src/shared/stepped-view.ts'
import { setupPage } from '../support/console-page.ts'

const CREATE = '20250123143913'
const DROP = '20250124000000'
const FOLDER = fileURLToPath(new URL('../fixtures/catalogues/stepped', import.meta.url))
const AWAY = 'postgres://nobody@127.0.0.1:1/away?sslmode=disable'

async function setup() {
  const { page, database } = await setupPage()
  const { call, replica, connectionId } = page
  await call('tracking.install', { connectionId })
  await call('catalogue.choose', { connectionId, folder: FOLDER })
  const view = (): SteppedView | undefined => replica.state.targets[connectionId]?.stepped
  const statusOf = (version: string) => view()?.list?.migrations.find((each) => each.version === version)?.status
  return { call, replica, connectionId, database, view, statusOf }
}

async function emptyFolder(): Promise<string> {
  const folder = await realpath(await mkdtemp(join(tmpdir(), 'tranche-catalogue-')))
  onTestFinished(() => rm(folder, { recursive: true }))
  return folder
}

it('fails with the adapter away, is retried once it is mended, and asks before it drops', async () => {
  const { call, replica, connectionId, database, view, statusOf } = await setup()
  await database.query('CREATE TABLE public.old_notes (id int)')
  const connection = await call('stepped.connect', {
    connectionId,
    name: 'store',
    adapter: AWAY,
    vectorStorage: 'real',
  })
  expect(connection).toMatchObject({ name: 'store', adapter: AWAY, isActive: true })
  await replica.until(() => statusOf(CREATE) === null)

  await call('stepped.start', { connectionId })
  await replica.until(() => statusOf(CREATE) === 'in_progress')
  await expect(call('stepped.start', { connectionId })).rejects.toMatchObject({ code: 'already_running' })
  await call('stepped.stop', { connectionId })
  await replica.until(() => view()?.worker.kind === 'off')
  await expect(call('stepped.stop', { connectionId })).rejects.toMatchObject({ code: 'not_running' })
  const lines = await call('stepped.logs', { connectionId, version: CREATE })
  expect(lines.at(-1)).toMatchObject({ level: 'error', message: expect.stringContaining('ECONNREFUSED') as unknown })

  await call('stepped.connect', { connectionId, name: 'store', adapter: null })
  await call('stepped.start', { connectionId })
  await replica.until(() => statusOf(DROP) === 'skipped' && view()?.worker.kind === 'off')
  expect(statusOf(CREATE)).toBe('completed')
  expect(await database.query(`SELECT count(*)::int FROM pg_class WHERE relname ~ 'code_embeddings_\\d$'`)).toEqual([
    { count: 3 },
  ])

  const { nonce } = await call('stepped.beginApproval', { connectionId, version: DROP })
  await expect(call('stepped.approve', { connectionId, version: DROP, nonce: 'another' })).rejects.toMatchObject({
    code: 'confirmation_expired',
  })
  await call('stepped.approve', { connectionId, version: DROP, nonce })
  await call('stepped.start', { connectionId })
  await replica.until(() => statusOf(DROP) === 'completed')
  expect(await database.query(`SELECT to_regclass('public.old_notes') AS old`)).toEqual([{ old: null }])
})

it('skips, resets and leaves the connection on request, and says why it cannot', async () => {
  const { call, replica, connectionId, view, statusOf } = await setup()
  await expect(call('stepped.reset', { connectionId, version: CREATE })).rejects.toMatchObject({
    code: 'adapter_missing',
  })
  await call('stepped.connect', { connectionId, name: 'store', vectorStorage: 'real', prefix: 'ai' })
  await call('stepped.start', { connectionId })
  await replica.until(() => statusOf(CREATE) === 'completed')
  await replica.until(() => view()?.worker.kind === 'off')
  await expect(call('stepped.retry', { connectionId, version: CREATE })).rejects.toMatchObject({
    code: 'illegal_transition',
  })
  expect(await call('stepped.reset', { connectionId, version: CREATE })).toMatchObject([{ status: 'pending' }])
  expect(await call('stepped.skip', { connectionId, version: CREATE, reason: 'not here' })).toMatchObject({
    status: 'skipped',
    skippedBecause: expect.stringContaining('not here') as unknown,
  })
  await call('stepped.disconnect', { connectionId })
  await replica.until(() => view()?.list?.connection === null)
})

it('runs what its files say at that moment', async () => {
  const { call, replica, connectionId, view, statusOf } = await setup()
  const folder = await emptyFolder()
  const write = (version: string): Promise<void> =>
    writeFile(
      join(folder, `${version}_step.ts`),
      `import { defineSteppedMigration, runSql, sql } from 'tranche'
export default defineSteppedMigration({ version: '${version}', operations: [runSql('x', sql\`SELECT 1\`)] })`,
    )
  await write('20250101000000')
  await call('catalogue.choose', { connectionId, folder })
  await call('stepped.connect', { connectionId, name: 'store', vectorStorage: 'real' })
  await write('20250102000000')

  await call('stepped.start', { connectionId })
  await replica.until(() => statusOf('20250102000000') === 'completed' && view()?.worker.kind === 'off')
  expect(statusOf('20250101000000')).toBe('completed')
})

it('approves what was shown, and asks anew where the file says something else by then', async () => {
  const { call, replica, connectionId, database, view, statusOf } = await setup()
  await database.query('CREATE TABLE public.a (); CREATE TABLE public.precious ()')
  const folder = await emptyFolder()
  const write = (table: string): Promise<void> =>
    writeFile(
      join(folder, `${DROP}_drop.ts`),
      `import { defineSteppedMigration, dropTable } from 'tranche'
export default defineSteppedMigration({ version: '${DROP}', operations: [dropTable('${table}', { why: 'it is a copy', before: [] })] })`,
    )
  await write('a')
  await call('catalogue.choose', { connectionId, folder })
  await call('stepped.connect', { connectionId, name: 'store', vectorStorage: 'real' })
  await call('stepped.start', { connectionId })
  await replica.until(() => statusOf(DROP) === 'skipped' && view()?.worker.kind === 'off')

  const { nonce } = await call('stepped.beginApproval', { connectionId, version: DROP })
  await write('precious')
  await expect(call('stepped.approve', { connectionId, version: DROP, nonce })).rejects.toMatchObject({
    code: 'confirmation_expired',
  })
  await call('stepped.start', { connectionId })
  await replica.until(() => view()?.worker.kind === 'off')
  expect(await database.query(`SELECT to_regclass('public.precious')::text AS table`)).toEqual([{ table: 'precious' }])
})
