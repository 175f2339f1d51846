/** Connections, plans and history, as a page gets them. */
import { expect, it, onTestFinished } from 'vitest'
import { createClient } from '../../src/shared/contract.ts'
import { openPage, queue, setupPage } from '../support/console-page.ts'
import { CONSOLE_CATALOGUE, setupConsole } from '../support/console-setup.ts'
import { openStorage } from '../../src/storage/open.ts'
import { openTransport } from '../support/transports.ts'

it('keeps what has no field when a field is changed, and nothing of it when a URL is given', async () => {
  const { backend, folder } = await setupConsole()
  const call = createClient((await openTransport('in-process', backend)).transport)
  const storage = await openStorage(folder)
  onTestFinished(() => {
    storage.close()
  })
  const url = (query: string) => ({ kind: 'url', url: `postgres://anna@db.example/app?${query}` }) as const
  const fields = {
    kind: 'fields',
    host: 'db2.example',
    port: 5432,
    database: 'app',
    user: 'anna',
    sslmode: 'verify-full',
  } as const
  const draft = { name: 'a', environment: 'staging' } as const
  const place = url('sslmode=verify-full&sslrootcert=/etc/ca.pem&passfile=/etc/pass')
  const { connectionId } = await call('connections.add', { ...draft, place })

  await call('connections.change', { connectionId, ...draft, place: fields })
  const changed = storage.connections.find(connectionId)?.settings
  await call('connections.change', { connectionId, ...draft, place: url('sslmode=require') })

  expect([changed, storage.connections.find(connectionId)?.settings]).toEqual([
    {
      host: 'db2.example',
      port: '5432',
      dbname: 'app',
      user: 'anna',
      sslmode: 'verify-full',
      sslrootcert: '/etc/ca.pem',
      passfile: '/etc/pass',
    },
    { host: 'db.example', dbname: 'app', user: 'anna', sslmode: 'require' },
  ])
})

it('opens a connection with the password that its command prints, and says without it that the command failed', async () => {
  const { backend, connection } = await setupConsole()
  const { user, password, host, port, database } = connection
  const { transport, sent } = await openTransport('in-process', backend)
  const call = createClient(transport)
  const draft = { name: 'vault', environment: 'staging' } as const
  const place = { kind: 'fields', host, port, database, user, sslmode: 'disable' } as const
  const printing = (text: string): string => JSON.stringify([process.execPath, '-e', text])
  const passwordCommand = printing(
    `process.stdout.write(${JSON.stringify(password.split('').join('-'))}.replaceAll('-', ''))`,
  )
  const { connectionId } = await call('connections.add', { ...draft, place, passwordCommand })

  expect(await call('connections.open', { connectionId })).toMatchObject({ link: { kind: 'connected' } })
  expect(await call('connections.passwordSource', { connectionId })).toBe('command')
  await call('connections.close', { connectionId })
  await call('connections.change', { connectionId, ...draft, place, passwordCommand: printing('process.exit(7)') })
  expect(await call('connections.open', { connectionId })).toMatchObject({
    link: { kind: 'refused', error: { code: 'password_command_failed' } },
  })
  const { checks } = await call('connections.test', { connectionId })
  expect(checks.find(({ outcome }) => outcome === 'failed')).toMatchObject({
    name: 'login',
    detail: expect.stringContaining('ended with 7') as string,
  })
  expect(JSON.stringify(sent)).not.toContain(password)
})

it('says why a target is refused, and opens it with the right password', async () => {
  const { backend, url, connection } = await setupConsole()
  const { transport } = await openTransport('in-process', backend)
  const call = createClient(transport)
  const database = `${connection.database}_missing`
  const { connectionId } = await call('connections.add', {
    name: 'missing',
    environment: 'staging',
    place: { kind: 'url', url: url.replace(connection.database, database) },
  })

  expect(await call('connections.open', { connectionId })).toMatchObject({
    link: { kind: 'refused', error: { code: 'database_missing' } },
    server: null,
  })
  await expect(call('migrations.list', { connectionId })).rejects.toMatchObject({ code: 'database_missing' })
  const test = await call('connections.test', { connectionId })
  expect(test.checks.map(({ name, outcome }) => [name, outcome]).slice(0, 4)).toEqual([
    ['reach', 'holds'],
    ['tls', 'note'],
    ['login', 'failed'],
    ['version', 'skipped'],
  ])
})

it('shows the migrations that were there before the target was opened', async () => {
  const { page, another, url } = await setupPage()
  const migrationId = await queue(page, 'DoubleNumbers')

  const later = await openPage(await another(), url)

  await later.replica.until(({ targets }) => typeof targets[later.connectionId]?.readAtMs === 'number')
  expect(later.replica.migration(later.connectionId, migrationId)?.state).toMatchObject({
    jobClassName: 'DoubleNumbers',
  })
})

it('reads the history of a target that is gone, in a console that was started anew', async () => {
  const { page, backend, folder, another } = await setupPage()
  const { call, replica, connectionId } = page
  const migrationId = await queue(page, 'DoubleNumbers')
  await call('migrations.watch', { connectionId, migrationId })
  await call('run.start', { connectionId, migrationId })
  await replica.until(() => replica.migration(connectionId, migrationId)?.state.status === 'finished')
  await call('connections.close', { connectionId })
  await backend.close()

  const later = createClient((await openTransport('in-process', await another(folder))).transport)

  const jobs = await later('history.jobs', { connectionId, migrationId })
  const transitions = await later('history.transitions', { connectionId, migrationId, jobId: jobs.items[0]?.id })
  expect(jobs.items.map(({ status }) => status)).toEqual(Array.from({ length: 10 }, () => 'succeeded'))
  expect(transitions.items.map(({ nextStatus }) => nextStatus)).toEqual(['succeeded', 'running'])
  expect((await later('history.migrations', {})).items[0]?.state).toMatchObject({ status: 'finished', id: migrationId })
  expect((await later('connections.list')).map(({ name, hasPassword }) => [name, hasPassword])).toEqual([
    ['test', false],
  ])
})

it('removes history that is older than the settings say, at its start and by hand', async () => {
  const { backend, folder, another } = await setupConsole()
  const storage = await openStorage(folder)
  onTestFinished(() => {
    storage.close()
  })
  const call = createClient((await openTransport('in-process', backend)).transport)
  const place = { kind: 'url', url: 'postgres://db.example/app' } as const
  const { connectionId } = await call('connections.add', { name: 'a', environment: 'staging', place })
  const installationId = storage.installations.see(connectionId, 'then', 1)
  const about = {
    origin: 'console',
    migrationId: null,
    jobId: null,
    operator: 'anna',
    host: 'laptop',
    details: {},
  } as const
  const happened = (kind: string, daysAgo: number): void => {
    storage.events.append(installationId, [{ ...about, originId: kind, kind, atMs: Date.now() - daysAgo * 86_400_000 }])
  }
  const kinds = async (): Promise<readonly string[]> =>
    (await call('events.page', { connectionId, only: 'all' })).items.map(({ kind }) => kind)
  happened('half a year and more', 190)
  happened('two months', 60)

  await another(folder)
  expect(await kinds()).toEqual(['two months'])
  await expect(call('settings.set', { historyDays: 0 })).rejects.toMatchObject({ code: 'bad_input' })
  await call('settings.set', { historyDays: 30 })
  expect(await call('history.purge')).toEqual({ removedRows: 1 })
  expect(await kinds()).toEqual([])
})

it('keeps several connections apart, and forgets a removed one', async () => {
  const { page, url } = await setupPage()
  const { call, replica } = page
  const draft = { name: 'second', environment: 'development', place: { kind: 'url', url } } as const
  const { connectionId, warnings } = await call('connections.add', draft)
  expect(warnings).toEqual(['the connection "test" leads to the same database as staging'])
  await expect(call('connections.add', draft)).rejects.toMatchObject({ code: 'invalid_setting' })
  await call('connections.open', { connectionId })
  await expect(call('catalogue.list', { connectionId })).rejects.toMatchObject({ code: 'catalogue_missing' })
  expect((await call('catalogue.choose', { connectionId, folder: CONSOLE_CATALOGUE })).entries).toHaveLength(2)
  await expect(call('connections.remove', { connectionId })).rejects.toMatchObject({ code: 'already_running' })

  await call('connections.close', { connectionId })
  await call('connections.remove', { connectionId })

  await replica.until(({ connections }) => connections[connectionId] === undefined)
  expect(Object.keys(replica.state.targets)).toEqual([page.connectionId])
})
it('tells of a plan what stands against it, and of wrong arguments which one', async () => {
  const { page, database } = await setupPage()
  const { call, connectionId } = page
  const input = { connectionId, jobClassName: 'RefuseSevens' }

  await expect(call('queue.plan', input)).rejects.toMatchObject({ code: 'invalid_arguments' })
  await expect(call('queue.plan', { ...input, jobArguments: ['x'] })).rejects.toMatchObject({
    code: 'invalid_arguments',
    details: { argument: 'refused' },
  })
  const plan = await call('queue.plan', { ...input, jobArguments: [7], min: '500', max: '600', subBatchSize: 10 })
  expect(plan).toMatchObject({ canQueue: false, range: { kind: 'known', min: ['500'], max: ['600'] } })
  expect(plan.preflight.find(({ outcome }) => outcome === 'failed')).toMatchObject({ name: 'tracking schema' })
  expect(plan.statement?.values).toEqual(['7', '500', '509'])
  await database.query('ALTER TABLE numbers DROP CONSTRAINT numbers_pkey')
  const unfit = await call('queue.plan', { ...input, jobArguments: [7] })
  expect(unfit.preflight.filter(({ outcome }) => outcome === 'failed')).toHaveLength(2)
  expect(unfit.range.kind).toBe('unknown')
})

it('refuses to queue what is not what was planned', async () => {
  const { page } = await setupPage()
  const { call, connectionId } = page
  await call('tracking.install', { connectionId })

  const submitted = call('queue.submit', { connectionId, jobClassName: 'DoubleNumbers', definitionHash: 'other' })

  await expect(submitted).rejects.toMatchObject({ code: 'definition_drift' })
})
