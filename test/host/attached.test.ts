/** A console on tracking tables of GitLab's own. */
import { expect, it } from 'vitest'
import { createClient } from '../../src/shared/contract.ts'
import { openPage, type Page } from '../support/console-page.ts'
import { type ConsoleBundle, setupConsole } from '../support/console-setup.ts'
import { GITLAB_SCHEMA } from '../support/gitlab-schema.ts'
import { openTransport } from '../support/transports.ts'

const ATTACHED = { trackingSchema: 'public' }
const REFUSED = { code: 'schema_attached' }

async function attached(): Promise<ConsoleBundle & { readonly page: Page }> {
  const bundle = await setupConsole()
  await bundle.database.query(GITLAB_SCHEMA)
  const page = await openPage(bundle.backend, bundle.url, ATTACHED)
  await page.replica.until(({ targets }) => targets[page.connectionId]?.readAtMs !== null)
  return { ...bundle, page }
}

it('shows its migrations, jobs, failures and health, and says that they are GitLab’s', async () => {
  const { page } = await attached()
  const { call, replica, connectionId } = page
  const target = replica.state.targets[connectionId]
  expect(target).toMatchObject({ isInstalled: true, isAttached: true, problem: null })
  expect(Object.values(target?.migrations ?? {}).map(({ state }) => state.status)).toEqual([
    'paused',
    'active',
    'finished',
    'failed',
    'finalizing',
    'finalized',
    'failed',
  ])
  await call('migrations.watch', { connectionId, migrationId: '2' })
  expect((await call('jobs.page', { connectionId, migrationId: '2' })).items).toHaveLength(5)
  expect((await call('failures.list', { connectionId, migrationId: '4' })).jobs).toHaveLength(2)
  expect((await call('migrations.health', { connectionId, migrationId: '2' })).readings.length).toBeGreaterThan(0)
  expect(await call('verification.last', { connectionId, migrationId: '2' })).toBeNull()
})

it('pauses, resumes and retries them, refuses the rest with its reason, and keeps who did it here', async () => {
  const { page, database, backend, url } = await attached()
  const { call, replica, connectionId } = page
  const schemas = await database.query('SELECT count(*) FROM pg_class')
  await call('migrations.pause', { connectionId, migrationId: '2' })
  await replica.until(() => replica.migration(connectionId, '2')?.state.status === 'paused')
  await call('migrations.resume', { connectionId, migrationId: '2', isConfirmed: true })
  expect(await call('migrations.retry', { connectionId, migrationId: '4', isConfirmed: true })).toMatchObject({
    retried: 2,
  })
  await expect(call('run.start', { connectionId, migrationId: '2', isConfirmed: true })).rejects.toMatchObject(REFUSED)
  await expect(call('migrations.set', { connectionId, migrationId: '2', pauseMs: 200 })).rejects.toMatchObject(REFUSED)

  const did = await call('events.page', { connectionId, only: 'actions' })
  expect(did.items.map(({ migrationId, kind }) => `${String(migrationId)} ${kind}`)).toEqual([
    '4 retry',
    '2 resume',
    '2 pause',
  ])
  expect(await database.query('SELECT count(*) FROM pg_class')).toEqual(schemas)

  // Another connection to the same tables tells what was done through the first one.
  const { transport } = await openTransport('in-process', backend)
  const other = createClient(transport)
  const { connectionId: second } = await other('connections.add', {
    name: 'the same again',
    environment: 'staging',
    place: { kind: 'url', url },
    ...ATTACHED,
  })
  await other('connections.open', { connectionId: second })
  await replica.until(({ targets }) => typeof targets[second]?.readAtMs === 'number')
  const told = await other('events.page', { connectionId: second, migrationId: '4', only: 'actions' })
  expect(told.items.map(({ kind, details }) => [kind, details.retried])).toEqual([['retry', 2]])
})
