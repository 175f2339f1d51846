/** A console whose connections stand for several logical databases: two real ones, called main and ci. */
import { expect, it } from 'vitest'
import { type Client, createClient } from '../../src/shared/contract.ts'
import { createTwoDatabases, TWO_DATABASES } from '../cli/two-databases.ts'
import { setupConsole } from '../support/console-setup.ts'
import { openReplica, type Replica } from '../support/replica.ts'
import type { TestDatabase } from '../support/test-database.ts'
import { openTransport } from '../support/transports.ts'

interface Mapped {
  readonly call: Client
  readonly replica: Replica
  readonly main: TestDatabase
  readonly ci: TestDatabase
  readonly mainId: string
  /** It maps main. */
  readonly ciId: string
  readonly draftOf: (name: string, url: string) => Draft
}

interface Draft {
  readonly name: string
  readonly environment: 'development' | 'production'
  readonly place: { readonly kind: 'url'; readonly url: string }
  readonly catalogueFolder: string
}

async function setup(): Promise<Mapped> {
  // What is made first is dropped last: the console has let go of them by then.
  const { main, ci } = await createTwoDatabases()
  const { backend } = await setupConsole()
  const { transport } = await openTransport('in-process', backend)
  const call = createClient(transport)
  const draftOf: Mapped['draftOf'] = (name, url) => ({
    ...{ name, environment: 'development', place: { kind: 'url', url }, catalogueFolder: TWO_DATABASES },
  })
  const { connectionId: mainId } = await call('connections.add', draftOf('app', main.url))
  const { connectionId: ciId } = await call('connections.add', {
    ...draftOf('builds', ci.url),
    logicalDatabase: 'ci',
    otherDatabases: { main: mainId },
  })
  return { call, replica: await openReplica(transport, call), main, ci, mainId, ciId, draftOf }
}

/** Opens, installs, queues and runs to the end. */
async function drive({ call, replica }: Mapped, connectionId: string, jobClassName: string): Promise<void> {
  await call('connections.open', { connectionId })
  await call('tracking.install', { connectionId })
  await replica.until(({ targets }) => targets[connectionId]?.isInstalled === true)
  const input = { connectionId, jobClassName }
  const { definitionHash } = await call('queue.plan', input)
  const { migration } = await call('queue.submit', { ...input, definitionHash })
  await call('run.start', { connectionId, migrationId: migration.id })
  await replica.until(() => replica.migration(connectionId, migration.id)?.state.status === 'finished')
}

it('runs a definition on the connection of its logical database, and reaches the one that is mapped', async () => {
  const mapped = await setup()
  const { call, main, ci, ciId } = mapped

  await drive(mapped, ciId, 'FillBuildNamespaces')

  const right = 'SELECT count(*)::int AS right FROM builds WHERE namespace_id = project_id * 10'
  expect(await ci.query(right)).toEqual([{ right: 40 }])
  expect(await main.query(right)).toEqual([{ right: 0 }])
  expect(await call('migrations.list', { connectionId: ciId })).toMatchObject([{ database: 'ci', id: '1' }])
})

it('refuses a definition on the connection of another logical database, and says where it belongs', async () => {
  const { call, mainId, ciId } = await setup()
  for (const connectionId of [mainId, ciId]) {
    await call('connections.open', { connectionId })
    await call('tracking.install', { connectionId })
  }

  await expect(call('queue.plan', { connectionId: mainId, jobClassName: 'FillBuildNamespaces' })).rejects.toMatchObject(
    {
      code: 'wrong_database',
      remedy: expect.stringContaining('Open the connection of "ci"') as string,
      details: { database: 'ci', target: 'main' },
    },
  )
  await expect(call('queue.plan', { connectionId: ciId, jobClassName: 'CountBuilds' })).rejects.toMatchObject({
    code: 'wrong_database',
    details: { database: 'main', target: 'ci' },
  })
})

it('opens a connection whose mapped database is away, and fails what needs that one only', async () => {
  const mapped = await setup()
  const { call, replica, main, mainId, ciId, draftOf } = mapped
  await call('connections.change', { connectionId: mainId, ...draftOf('app', `${main.url}_gone`) })

  expect(await call('connections.open', { connectionId: ciId })).toMatchObject({ link: { kind: 'connected' } })
  await call('tracking.install', { connectionId: ciId })
  await replica.until(({ targets }) => targets[ciId]?.isInstalled === true)
  const input = { connectionId: ciId, jobClassName: 'FillBuildNamespaces' }
  const { definitionHash } = await call('queue.plan', input)
  const { migration } = await call('queue.submit', { ...input, definitionHash })
  await call('run.start', { connectionId: ciId, migrationId: migration.id })
  await replica.until(() => replica.migration(ciId, migration.id)?.state.status === 'failed')

  const { groups } = await call('failures.list', { connectionId: ciId, migrationId: migration.id })
  expect(groups[0]?.message).toContain('the database "main" did not answer')
})

it('refuses a mapping that crosses environments, whichever side is changed', async () => {
  const { call, main, mainId, ci, ciId, draftOf } = await setup()
  const production = { ...draftOf('live', main.url), environment: 'production' as const }
  const { connectionId: liveId } = await call('connections.add', production)
  const crossing = { code: 'invalid_setting', details: { environment: 'development', mapped: 'production' } }

  await expect(
    call('connections.add', { ...draftOf('other', ci.url), otherDatabases: { ci: liveId } }),
  ).rejects.toMatchObject(crossing)
  await expect(
    call('connections.change', { connectionId: mainId, ...draftOf('app', main.url), environment: 'production' }),
  ).rejects.toMatchObject(crossing)

  const kept = await call('connections.list')
  expect(kept.find(({ connectionId }) => connectionId === mainId)?.environment).toBe('development')
  expect(kept.find(({ connectionId }) => connectionId === ciId)?.otherDatabases).toEqual({ main: mainId })
})

it('refuses a mapping to nothing, of its own name or under no name, and keeps what is mapped', async () => {
  const { call, ci, mainId, draftOf } = await setup()
  const other = draftOf('other', ci.url)

  await expect(call('connections.add', { ...other, otherDatabases: { ci: 'gone' } })).rejects.toMatchObject({
    code: 'invalid_setting',
  })
  await expect(call('connections.add', { ...other, otherDatabases: { main: mainId } })).rejects.toMatchObject({
    code: 'invalid_setting',
    message: '"main" is the logical database of "other" itself',
  })
  await expect(call('connections.add', { ...other, otherDatabases: { 'c i': mainId } })).rejects.toMatchObject({
    code: 'bad_input',
  })
  await expect(call('connections.add', { ...other, logicalDatabase: '' })).rejects.toMatchObject({ code: 'bad_input' })
  await expect(call('connections.remove', { connectionId: mainId })).rejects.toMatchObject({
    code: 'invalid_setting',
    message: 'the connection "builds" maps a database to "app"',
  })
})
