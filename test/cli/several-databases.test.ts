import { expect, it } from 'vitest'
import { valueOf } from './command-line.ts'
import { TWO_DATABASES, twoDatabases } from './two-databases.ts'

it('queues, runs and shows each definition in the database that it names', async () => {
  const { main, ci, both, mapped } = await twoDatabases()
  const installed = valueOf(await both.json('install', ...mapped))
  expect(installed).toMatchObject({ databases: [{ database: 'main' }, { database: 'ci' }] })

  const { migration } = valueOf(await both.json('queue', 'FillBuildNamespaces', ...mapped))
  expect(migration).toMatchObject({ id: '1', database: 'ci' })
  expect(valueOf(await both.json('queue', 'CountBuilds', ...mapped)).migration).toMatchObject({
    id: '1',
    database: 'main',
  })

  expect(valueOf(await both.json('run', 'ci_1', ...mapped))).toMatchObject({
    reason: 'finished',
    rows: { scanned: 40, changed: 40 },
  })
  expect(await ci.query('SELECT count(*)::int AS right FROM builds WHERE namespace_id = project_id * 10')).toEqual([
    { right: 40 },
  ])
  expect(await main.query('SELECT count(*)::int AS touched FROM builds WHERE namespace_id IS NOT NULL')).toEqual([
    { touched: 0 },
  ])
  expect(valueOf(await both.json('verify', 'FillBuildNamespaces', ...mapped))).toMatchObject({ proven: 'checks' })

  const list = valueOf(await both.json('list', ...mapped))
  expect(list.databases.map(({ database, isInstalled }) => [database, isInstalled])).toEqual([
    ['main', true],
    ['ci', true],
  ])
  expect(list.migrations.map(({ database, jobClassName }) => [database, jobClassName])).toEqual([
    ['main', 'CountBuilds'],
    ['ci', 'FillBuildNamespaces'],
  ])
  expect((await both.run('status', ...mapped)).stdout).toContain('ci_1')
})

it('refuses a definition where another database is the target, and says how to map its own', async () => {
  const { main, both } = await twoDatabases()
  const alone = ['--target', main.url, '--catalogue', TWO_DATABASES]
  valueOf(await both.json('install', ...alone))

  const refused = await both.json('queue', 'FillBuildNamespaces', ...alone)
  expect(refused.exitCode).toBe(5)
  expect(refused.document).toMatchObject({
    error: { code: 'wrong_database', details: { database: 'ci', target: 'main' } },
  })
  expect(await main.query('SELECT count(*)::int AS queued FROM tranche.batched_background_migrations')).toEqual([
    { queued: 0 },
  ])
})

it('works on every mapped database in one process, each by its own order', async () => {
  const { main, ci, both, mapped } = await twoDatabases()
  valueOf(await both.json('install', ...mapped))
  for (const name of ['CountBuilds', 'FillBuildNamespaces']) valueOf(await both.json('queue', name, ...mapped))

  expect(valueOf(await both.json('work', '--once', ...mapped))).toEqual({ jobsRun: 2 })
  for (const { query } of [main, ci])
    expect(await query('SELECT count(*)::int AS done FROM builds WHERE namespace_id IS NOT NULL')).toEqual([
      { done: 20 },
    ])
})

it('chooses one of the mapped databases, and names those that there are', async () => {
  const { both, mapped } = await twoDatabases()
  valueOf(await both.json('install', ...mapped, '--database', 'ci'))
  expect(valueOf(await both.json('list', ...mapped)).databases.map(({ isInstalled }) => isInstalled)).toEqual([
    false,
    true,
  ])
  expect((await both.json('uninstall', ...mapped, '--yes')).document).toMatchObject({ error: { code: 'usage' } })
  expect((await both.json('status', ...mapped, '--database', 'sec')).document).toMatchObject({
    error: { code: 'unknown_database', details: { known: ['main', 'ci'] } },
  })
})

it('tells commands with the name of the database before the id', async () => {
  const { both, mapped } = await twoDatabases()
  valueOf(await both.json('install', ...mapped))
  valueOf(await both.json('queue', 'FillBuildNamespaces', '--paused', ...mapped))

  const { exitCode, document } = await both.json('run', 'ci_1', ...mapped)
  expect(exitCode).toBe(5)
  expect(document).toMatchObject({
    error: { code: 'migration_paused', remedy: 'Resume it with: tranche resume ci_1' },
  })
  expect((await both.run('resume', 'ci_1', ...mapped)).stdout).toContain(
    'FillBuildNamespaces (ci_1) is active. Drive it with: tranche run ci_1',
  )
  expect((await both.run('status', 'ci_1', ...mapped)).stdout).toMatch(/^ci_1 FillBuildNamespaces on /)
})

it('maps ci alone, and asks nothing of a main that nobody named', async () => {
  const { ci, both } = await twoDatabases()
  const alone = ['--database', `ci=${ci.url}`, '--catalogue', TWO_DATABASES]
  valueOf(await both.json('install', ...alone))
  expect(valueOf(await both.json('list', ...alone)).databases.map(({ database }) => database)).toEqual(['ci'])
  expect((await both.json('queue', 'CountBuilds', ...alone)).document).toMatchObject({
    error: { code: 'wrong_database', details: { database: 'main', target: 'ci' } },
  })
})

it('refuses a mapping that leaves the database to PGDATABASE', async () => {
  const { main, both } = await twoDatabases()
  const { host, port, user, password } = main.connection
  const url = `postgres://${user}:${password}@${host}:${String(port)}`
  expect((await both.json('list', '--target', main.url, '--database', `ci=${url}`)).document).toMatchObject({
    error: { code: 'invalid_target', details: { database: 'ci' } },
  })
})

it('lets two names lead to one database, and drives each migration once, under its own name', async () => {
  const { main, both } = await twoDatabases()
  const shared = ['--target', main.url, '--database', `ci=${main.url}`, '--catalogue', TWO_DATABASES]
  valueOf(await both.json('install', ...shared))
  valueOf(await both.json('queue', 'FillBuildNamespaces', ...shared))

  const list = valueOf(await both.json('list', ...shared))
  expect(list.migrations.map(({ id, database }) => [id, database])).toEqual([['1', 'ci']])
  expect(valueOf(await both.json('work', '--once', ...shared))).toEqual({ jobsRun: 1 })
  expect((await both.json('run', '1', ...shared)).document).toMatchObject({ error: { code: 'wrong_database' } })
  expect(valueOf(await both.json('run', 'FillBuildNamespaces', ...shared))).toMatchObject({ reason: 'finished' })

  // Without ci being mapped the row is shown as ci_1 still, and that leads to it.
  const alone = ['--target', main.url]
  expect((await both.run('status', ...alone)).stdout).toContain('ci_1')
  expect((await both.run('status', 'ci_1', ...alone)).stdout).toMatch(/^ci_1 FillBuildNamespaces on /)
})
