import { setTimeout as sleep } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { defineBatchedMigration, sql } from '../../src/catalogue/api.ts'
import { spacing } from '../../src/engine/spacing.ts'
import { compileSql } from '../../src/shared/sql.ts'
import { sourceOf } from '../support/engine-ports.ts'
import { type Bundle, setup } from '../support/engine-setup.ts'
import { hitEvery, hitsTable } from '../support/hits.ts'
import { startCuttingProxy } from '../support/cutting-proxy.ts'
import { farEngine } from '../support/far-engine.ts'
import { hits, jobs, queued } from '../support/queued.ts'
import { begin, untilSomebodyWaits } from '../support/raced.ts'
import { until } from '../support/until.ts'

it('work drives what is due, one migration per table, oldest first, and ends after one pass with once', async () => {
  const definitions = [hitEvery(), hitEvery({ jobClassName: 'Second' }), otherTable()]
  const bundle = await setup({
    schema: `${hitsTable(300)}; CREATE TABLE others AS SELECT n AS id, 0 AS hits FROM generate_series(1, 50) AS n; ALTER TABLE others ADD PRIMARY KEY (id)`,
    definitions,
  })
  for (const { jobClassName } of definitions) await bundle.engine.queue({ jobClassName })

  expect(await bundle.engine.work({ once: true })).toEqual({ jobsRun: 2 })

  const states = await bundle.engine.list()
  expect(states.map(({ jobClassName, jobs: { succeeded } }) => [jobClassName, succeeded])).toEqual([
    ['HitEvery', 1],
    ['Second', 0],
    ['HitOthers', 1],
  ])
  // the interval has not passed
  expect(await bundle.engine.work({ once: true })).toEqual({ jobsRun: 0 })
})

it('work goes on until it is stopped, and skips what it cannot drive with one word about it', async () => {
  const bundle = await setup({ schema: hitsTable(300), definitions: [hitEvery()] })
  const { migration } = await bundle.engine.queue({ jobClassName: 'HitEvery', intervalSeconds: 0 })
  const warnings: unknown[] = []
  const stranger = bundle.another({
    definitions: sourceOf([]),
    logger: { log: (_level, event, fields) => warnings.push([event, fields?.code]) },
  })
  const stop = new AbortController()
  const skipping = stranger.work({ signal: stop.signal })
  const working = bundle.engine.work({ signal: stop.signal })

  await until(async () => (await bundle.engine.get(migration.id)).status === 'finished' && warnings.length > 0)
  await sleep(0)
  stop.abort()

  expect(await working).toEqual({ jobsRun: 3 })
  expect(await skipping).toEqual({ jobsRun: 0 })
  expect(warnings).toEqual([['migration skipped', 'unknown_class']])
  expect(await hits(bundle)).toEqual([{ hits: 1, count: 300 }])
})

it('a definition that was added or put right since is found by the next look', async () => {
  const { engine, another } = await setup({ schema: hitsTable(300), definitions: [hitEvery()] })
  await engine.queue({ jobClassName: 'HitEvery', intervalSeconds: 0 })
  let read = sourceOf([])
  const stranger = another({
    definitions: {
      find: (name) => read.find(name),
      list: () => read.list(),
      refresh: async () => {
        read = sourceOf([hitEvery()])
      },
    },
  })

  expect(await stranger.work({ once: true })).toEqual({ jobsRun: 0 })
  expect(await stranger.work({ once: true })).toEqual({ jobsRun: 1 })
})

it('retries are spaced by the interval too, and a tick may come a moment early', async () => {
  const bundle = await queued(10, hitEvery({ batchSize: 10, raisesOnBad: true }), [3])
  const { engine, query } = bundle
  expect(await engine.work({ once: true })).toEqual({ jobsRun: 1 })
  // the range is used up: what is left is the retry
  expect(await engine.work({ once: true })).toEqual({ jobsRun: 0 })

  await startedAgo(query, 60)
  expect(await engine.work({ once: true })).toEqual({ jobsRun: 0 })
  await startedAgo(query, 115)
  expect(await engine.work({ once: true })).toEqual({ jobsRun: 1 })
  expect(await jobs(bundle)).toMatchObject([{ attempts: 2 }])
})

it('a short interval is kept as well: the variance takes a tenth of it at most', async () => {
  const bundle = await queued(30, hitEvery({ batchSize: 10 }))
  const { engine, query, migrationId } = bundle
  expect(await engine.work({ once: true })).toEqual({ jobsRun: 1 })
  await startedAgo(query, 3.7)
  await engine.set(migrationId, { intervalSeconds: 4 })
  expect(await engine.work({ once: true })).toEqual({ jobsRun: 1 })
  // On the server's clock, so asked there: no test is quick enough to be between two of these for sure.
  const { text } = compileSql(
    sql`SELECT ${spacing('m')} AS spacing FROM unnest('{0,4,50,120}'::int[]) AS m ("interval")`,
  )
  expect(await query(text)).toEqual([0, 3.6, 45, 115].map((seconds) => ({ spacing: seconds })))
})

it('several workers share what is due: no job is run twice, and the interval holds for all of them', async () => {
  const bundle = await queued(30, hitEvery({ batchSize: 10 }))
  const others = [bundle.another(), bundle.another()]
  const ran = await Promise.all([bundle.engine, ...others].map((engine) => engine.work({ once: true })))
  expect(ran.reduce((sum, { jobsRun }) => sum + jobsRun, 0)).toBe(1)
  expect(await jobs(bundle)).toMatchObject([{ status: 3, attempts: 1 }])
})

it('drives no more migrations at a time than it was told, two by default', async () => {
  const tables = ['a', 'b', 'c'] as const
  const gate = Promise.withResolvers<undefined>()
  const inside: number[] = []
  let count = 0
  const definitions = tables.map((table) =>
    waiting(table, async () => {
      inside.push((count += 1))
      await gate.promise
      count -= 1
    }),
  )
  const schema = tables
    .map((table) => `CREATE TABLE ${table} (id bigint PRIMARY KEY, hits int); INSERT INTO ${table} VALUES (1, 0)`)
    .join(';')
  const { engine } = await setup({ schema, definitions, ports: { limits: { statementTimeoutMs: 60_000 } } })
  for (const { jobClassName } of definitions) await engine.queue({ jobClassName })
  const working = engine.work({ once: true })
  await until(async () => count === 2)
  expect((await engine.list()).map(({ jobs: { running } }) => running)).toEqual([1, 1, 0])
  gate.resolve(undefined)
  expect(await working).toEqual({ jobsRun: 3 })
  expect(Math.max(...inside)).toBe(2)
})

function otherTable(): ReturnType<typeof defineBatchedMigration> {
  return defineBatchedMigration({
    jobClassName: 'HitOthers',
    description: 'Another table.',
    table: 'others',
    column: 'id',
    pauseMs: 0,
    perform: ({ subBatch }) => sql`UPDATE others SET hits = hits + 1 WHERE ${subBatch}`,
  })
}

function startedAgo(query: Bundle['query'], seconds: number): Promise<unknown> {
  return query(
    `UPDATE tranche.batched_background_migration_jobs SET started_at = clock_timestamp() - make_interval(secs => $1)`,
    [seconds],
  )
}

function waiting(table: 'a' | 'b' | 'c', wait: () => Promise<void>): ReturnType<typeof defineBatchedMigration> {
  return defineBatchedMigration({
    jobClassName: `Waiting${table.toUpperCase()}`,
    description: 'Takes as long as the test wants.',
    table,
    column: 'id',
    pauseMs: 0,
    perform: wait,
  })
}

it('work goes on where a held migration is deleted while its hold is looked at', async () => {
  const bundle = await queued(10)
  await bundle.query(
    `UPDATE tranche.batched_background_migrations SET on_hold_until = now() - interval '1 second' WHERE id = $1`,
    [bundle.migrationId],
  )
  const warned: unknown[] = []
  const engine = bundle.another({ logger: { log: (_level, event, fields) => warned.push([event, fields?.code]) } })
  const deleter = await begin(bundle, 'SELECT FROM tranche.batched_background_migrations FOR UPDATE')
  const stop = new AbortController()
  const working = engine.work({ signal: stop.signal })
  await untilSomebodyWaits(bundle)
  await deleter.query('DELETE FROM tranche.batched_background_migrations')
  await deleter.query('COMMIT')

  await until(() => Promise.resolve(warned.length > 0))
  const { migration } = await bundle.engine.queue({ jobClassName: 'HitEvery' })
  await until(async () => (await bundle.engine.get(migration.id)).status === 'finished')
  stop.abort()

  expect(await working).toEqual({ jobsRun: 1 })
  expect(warned).toEqual([['migration not looked after', 'unknown_migration']])
})

it('work comes back to a migration at its next tick where only the connection was lost', async () => {
  const definitions = [hitEvery({ batchSize: 10, subBatchSize: 10 })]
  const bundle = await setup({ schema: hitsTable(10), definitions })
  const { migration } = await bundle.engine.queue({ jobClassName: 'HitEvery', intervalSeconds: 0 })
  const proxy = await startCuttingProxy(bundle.database.connection)
  const warned: unknown[] = []
  const far = farEngine(bundle.database, proxy.port, definitions, {
    logger: { log: (level, event) => level === 'warn' && event === 'migration skipped' && warned.push(event) },
  })
  // What is read of the migration before it is joined.
  const cut = proxy.cutAt('search_path, strategy, definition_hash', 'before')
  const stop = new AbortController()
  const working = far.work({ signal: stop.signal })
  await cut
  await until(async () => (await bundle.engine.get(migration.id)).status === 'finished')
  stop.abort()

  expect(await working).toEqual({ jobsRun: 1 })
  expect(warned).toEqual([])
})
