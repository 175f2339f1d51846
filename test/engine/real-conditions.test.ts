/** What happens between a laptop and a database, to sub-batches that are in the air: every row is written once all the same. */
import { mkdtemp } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, inject, it, onTestFinished } from 'vitest'
import { DISPOSABLE_SETTINGS } from '../../src/host/postgres/server-settings.ts'
import { removeServer } from '../support/remove-server.ts'
import { startServer } from '../../src/host/postgres/start-server.ts'
import { systemClock } from '../../src/host/system/clock.ts'
import { type CuttingProxy, startCuttingProxy } from '../support/cutting-proxy.ts'
import { type Bundle, setup } from '../support/engine-setup.ts'
import { farEngine } from '../support/far-engine.ts'
import { hitEvery, hitsTable } from '../support/hits.ts'
import { findPgbouncer, startPgbouncer } from '../support/pgbouncer.ts'
import { hits, queued } from '../support/queued.ts'

const DEFINITION = hitEvery({ batchSize: 100, subBatchSize: 5 })

/** The counts are exact, or say that they are not. */
async function expectHonestCounts({ engine }: Bundle, migrationId: string, rows: number): Promise<void> {
  const counted = (await engine.get(migrationId)).rows
  expect(counted).toMatchObject({ scanned: rows, exact: counted.changed === rows })
}

async function proxied(rows: number): Promise<Bundle & { proxy: CuttingProxy; migrationId: string }> {
  const bundle = await queued(rows, DEFINITION)
  const proxy = await startCuttingProxy(bundle.database.connection)
  onTestFinished(() => proxy.close())
  return { ...bundle, proxy }
}

// The end of the second, of one in the middle and of the last sub-batch of the first job, as their statements name it.
it.each<[moment: 'before' | 'after', end: string]>([
  ['before', '{"30"}'],
  ['after', '{"30"}'],
  ['before', '{"165"}'],
  ['after', '{"165"}'],
  ['before', '{"300"}'],
  ['after', '{"300"}'],
])('a connection cut %s the server got the sub-batch up to %s costs no row and no attempt', async (moment, end) => {
  const bundle = await proxied(200)
  const far = farEngine(bundle.database, bundle.proxy.port, [DEFINITION])
  const cut = bundle.proxy.cutAt(end, moment)
  const settled: unknown[] = []
  far.on('connection:back', (event) => settled.push(event))

  const outcome = await far.run(bundle.migrationId)
  await cut

  expect(outcome).toMatchObject({ reason: 'finished', rows: { scanned: 200 } })
  expect(outcome.rows.exact).toBe(outcome.rows.changed === 200)
  expect(settled).toHaveLength(1)
  expect(await hits(bundle)).toEqual([{ hits: 1, count: 200 }])
  expect(await bundle.query('SELECT DISTINCT attempts FROM tranche.batched_background_migration_jobs')).toEqual([
    { attempts: 1 },
  ])
  await expectHonestCounts(bundle, bundle.migrationId, 200)
})

it('backends terminated while sub-batches are in the air cost no row and no attempt', async () => {
  const bundle = await queued(1_000, DEFINITION)
  let committed = 0
  bundle.engine.on('sub_batch:committed', () => {
    committed += 1
    if (committed % 31 !== 0) return
    void bundle.query(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity 
        WHERE datname = current_database() AND application_name = 'tranche test'`)
  })

  expect(await bundle.engine.run(bundle.migrationId)).toMatchObject({ reason: 'finished' })

  expect(await hits(bundle)).toEqual([{ hits: 1, count: 1_000 }])
  expect(await bundle.query('SELECT DISTINCT attempts FROM tranche.batched_background_migration_jobs')).toEqual([
    { attempts: 1 },
  ])
  await expectHonestCounts(bundle, bundle.migrationId, 1_000)
})

it('a server that is restarted in the middle costs no row and no attempt', async () => {
  const folder = await mkdtemp(join(inject('runFolder'), 'restarted-'))
  onTestFinished(() => removeServer(folder))
  const start = (first: number, count: number): ReturnType<typeof startServer> =>
    startServer({ folder, settings: DISPOSABLE_SETTINGS, ports: { first, count } })
  const first = await start(55_900, 50)
  const bundle = await setup({ schema: hitsTable(2_000), definitions: [DEFINITION], server: first.connection })
  const { migration } = await bundle.engine.queue({ jobClassName: 'HitEvery' })
  let restarted: Promise<unknown> = Promise.resolve()
  let committed = 0
  bundle.engine.on('sub_batch:committed', () => {
    committed += 1
    if (committed === 50) restarted = first.stop().then(() => start(first.connection.port, 1))
  })

  const outcome = await bundle.engine.run(migration.id, { parallel: 2 })
  await restarted

  expect(outcome).toMatchObject({ reason: 'finished' })
  expect(bundle.heard.some(({ name }) => name === 'connection:back')).toBe(true)
  expect(await hits(bundle)).toEqual([{ hits: 1, count: 2_000 }])
  expect(await bundle.query('SELECT DISTINCT attempts FROM tranche.batched_background_migration_jobs')).toEqual([
    { attempts: 1 },
  ])
  await expectHonestCounts(bundle, migration.id, 2_000)
})

it('runners whose clocks are hours apart share a migration, and nobody takes the other for dead', async () => {
  const bundle = await queued(1_500, hitEvery({ batchSize: 25, subBatchSize: 5 }))
  const off = (hours: number): typeof systemClock => ({
    ...systemClock,
    now: () => new Date(Date.now() + hours * 3_600_000),
  })
  const limits = { heartbeatMs: 20 }
  const runners = [bundle.another({ clock: off(1), limits }), bundle.another({ clock: off(-1), limits })]
  const taken: unknown[] = []
  for (const runner of runners) runner.on('job:taken_over', (event) => taken.push(event))

  const outcomes = await Promise.all(runners.map((runner) => runner.run(bundle.migrationId)))

  expect(outcomes.map(({ reason }) => reason)).toEqual(['finished', 'finished'])
  expect(taken).toEqual([])
  expect(await hits(bundle)).toEqual([{ hits: 1, count: 1_500 }])
  expect(
    await bundle.query(
      `SELECT count(*)::int FROM tranche.batched_background_migration_jobs
        WHERE started_at NOT BETWEEN clock_timestamp() - interval '10 minutes' AND clock_timestamp()`,
    ),
  ).toEqual([{ count: 0 }])
})

it('a whole run goes through PgBouncer in transaction pooling, by two runners that share three sessions', async (test) => {
  const found = await findPgbouncer()
  if (found === null) {
    console.log('Skipped: no pgbouncer on this machine (Debian: apt-get install pgbouncer)')
    test.skip('no pgbouncer on this machine')
    return
  }
  console.log(`through ${found.version}`)
  const bundle = await setup({ schema: hitsTable(3_000), definitions: [DEFINITION] })
  const { port } = await startPgbouncer(found.program, bundle.database.connection)
  const [first, second] = [0, 1].map(() => farEngine(bundle.database, port, [DEFINITION]))
  if (first === undefined || second === undefined) throw new Error('two engines are needed')
  expect(await first.facts()).toMatchObject({ isPooled: true })
  expect(await bundle.engine.facts()).toMatchObject({ isPooled: false })
  const { migration } = await first.queue({ jobClassName: 'HitEvery' })

  const outcomes = await Promise.all([
    first.run(migration.id, { parallel: 2 }),
    second.run(migration.id, { parallel: 2 }),
  ])

  expect(outcomes.map(({ reason }) => reason)).toEqual(['finished', 'finished'])
  expect(await hits(bundle)).toEqual([{ hits: 1, count: 3_000 }])
  expect(await first.verify(migration.id)).toMatchObject({ holds: true })
  expect(await first.finalize(migration.id)).toMatchObject({ migration: { status: 'finalized' } })
  expect(await bundle.engine.get(migration.id)).toMatchObject({ rows: { scanned: 3_000, changed: 3_000, exact: true } })
})
