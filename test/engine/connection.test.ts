/** Connections that are lost: in the middle, around COMMIT, and for good. Each ends in committed or not committed, never in maybe. */
import { expect, it, onTestFinished } from 'vitest'
import { createEngine, type Engine } from '../../src/engine/engine.ts'
import { openTarget } from '../../src/engine/target/open-target.ts'
import { type CuttingProxy, startCuttingProxy } from '../support/cutting-proxy.ts'
import { silentLogger, sourceOf, testPorts } from '../support/engine-ports.ts'
import { type Bundle, setup } from '../support/engine-setup.ts'
import { hitEvery, hitsTable } from '../support/hits.ts'
import { begin, untilSomebodyWaits } from '../support/raced.ts'
import { until } from '../support/until.ts'

interface Proxied extends Bundle {
  readonly proxy: CuttingProxy
  /** An engine whose connections go through the proxy. */
  readonly far: Engine
  readonly migrationId: string
}

const COMMIT_MESSAGE = 'COMMIT\0'

async function proxied({ rows = 200, reconnectMs = 60_000, pauseMs = 0 } = {}): Promise<Proxied> {
  const definitions = [hitEvery({ batchSize: 50, subBatchSize: 10, pauseMs })]
  const bundle = await setup({ schema: hitsTable(rows), definitions })
  const { connection } = bundle.database
  const proxy = await startCuttingProxy(connection)
  const { user, password, database } = connection
  const target = openTarget(
    { host: '127.0.0.1', port: proxy.port, user, database, password: () => Promise.resolve(password), tls: false },
    { applicationName: 'far engine', logger: silentLogger },
  )
  onTestFinished(async () => {
    await target.close()
    await proxy.close()
  })
  const far = createEngine({ ...testPorts(target), definitions: sourceOf(definitions), limits: { reconnectMs } })
  const { migration } = await bundle.engine.queue({ jobClassName: 'HitEvery' })
  return { ...bundle, proxy, far, migrationId: migration.id }
}

function hits({ query }: Bundle): Promise<{ hits: number; count: number }[]> {
  return query('SELECT hits, count(*)::int FROM items GROUP BY hits ORDER BY hits')
}

for (const [moment, outcome] of [
  ['before', 'not_committed'],
  ['after', 'committed'],
] as const) {
  it(`a connection lost ${moment} the server got COMMIT ends in ${outcome}, and every row is written once`, async () => {
    // With a pause nothing else is asked meanwhile: the next COMMIT is that of a sub-batch.
    const bundle = await proxied({ pauseMs: 1 })
    const settled: unknown[] = []
    bundle.far.on('connection:back', (event) => {
      settled.push(event)
    })
    let isArmed = false
    bundle.far.on('sub_batch:committed', () => {
      if (isArmed) return
      isArmed = true
      void bundle.proxy.cutAt(COMMIT_MESSAGE, moment)
    })

    expect(await bundle.far.run(bundle.migrationId)).toMatchObject({
      reason: 'finished',
      jobsRun: 4,
      rows: { scanned: 200, changed: 200 },
    })

    expect(settled).toMatchObject([{ outcome }])
    expect(await hits(bundle)).toEqual([{ hits: 1, count: 200 }])
    expect(await bundle.query('SELECT attempts FROM tranche.batched_background_migration_jobs')).toEqual(
      Array(4).fill({ attempts: 1 }),
    )
    expect(await bundle.engine.get(bundle.migrationId)).toMatchObject({ rows: { scanned: 200, changed: 200 } })
  })
}

it('every COMMIT of a run may lose its answer, those of claims and decisions too', async () => {
  const bundle = await proxied({ rows: 1_000 })
  const cutting = { isOver: false, cuts: 0 }
  const cutOn = async (): Promise<void> => {
    while (!cutting.isOver) {
      await bundle.proxy.cutAt(COMMIT_MESSAGE, cutting.cuts % 3 === 2 ? 'before' : 'after')
      cutting.cuts += 1
      // let a few through, or nothing would ever get done
      const committed = await commits(bundle)
      await until(async () => cutting.isOver || (await commits(bundle)) > committed + 3)
    }
  }
  let cutter = Promise.resolve()
  bundle.far.on('run:started', () => {
    cutter = cutOn()
  })

  const outcome = await bundle.far.run(bundle.migrationId)
  cutting.isOver = true
  bundle.proxy.letThrough()
  await cutter

  expect(outcome.reason).toBe('finished')
  expect(cutting.cuts).toBeGreaterThan(3)
  expect(await hits(bundle)).toEqual([{ hits: 1, count: 1_000 }])
  expect(await bundle.engine.verify(bundle.migrationId)).toMatchObject({ holds: true })
})

async function commits({ query }: Bundle): Promise<number> {
  const [row] = await query<{ count: number }>(
    'SELECT coalesce(sum(sub_batches), 0)::int AS count FROM tranche.job_progress',
  )
  return row?.count ?? 0
}

it('backends that are terminated in the middle cost no row and no attempt', async () => {
  const bundle = await proxied({ rows: 400 })
  let committed = 0
  bundle.far.on('sub_batch:committed', () => {
    committed += 1
    if (committed % 9 !== 0) return
    void bundle.query(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity
        WHERE datname = current_database() AND application_name = 'far engine'`)
  })

  expect(await bundle.far.run(bundle.migrationId)).toMatchObject({ reason: 'finished' })

  expect(await hits(bundle)).toEqual([{ hits: 1, count: 400 }])
  expect(await bundle.query('SELECT DISTINCT attempts FROM tranche.batched_background_migration_jobs')).toEqual([
    { attempts: 1 },
  ])
})

it('a server that does not come back ends the run as lost; the next run goes on behind the last committed sub-batch', async () => {
  const bundle = await proxied({ reconnectMs: 300 })
  const gone = bundle.far.on('sub_batch:committed', () => {
    gone()
    void bundle.proxy.close()
  })

  await expect(bundle.far.run(bundle.migrationId)).rejects.toMatchObject({ code: 'target_lost' })

  expect(await bundle.engine.get(bundle.migrationId)).toMatchObject({ status: 'active', jobs: { running: 1 } })
  // this very process still lives, so its runner counts as alive until it is silent for 30 seconds
  await bundle.query('DELETE FROM tranche.runners')
  expect(await bundle.engine.run(bundle.migrationId)).toMatchObject({ reason: 'finished' })
  expect(await hits(bundle)).toEqual([{ hits: 1, count: 200 }])
})

it('counts that a lost connection left behind are written where the rest of the job is gone', async () => {
  const bundle = await setup({ schema: hitsTable(20), definitions: [hitEvery({ batchSize: 20, subBatchSize: 5 })] })
  const { engine, query } = bundle
  const { migration } = await engine.queue({ jobClassName: 'HitEvery' })
  const blocker = await begin(bundle, 'SELECT FROM items WHERE id > 45 FOR UPDATE')
  const running = engine.run(migration.id)
  await untilSomebodyWaits(bundle)
  await blocker.query(
    `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`,
  )
  await blocker.query('DELETE FROM items WHERE id > 45')
  await blocker.query('COMMIT')

  expect(await running).toMatchObject({ reason: 'finished' })
  const [row] = await query<{ changed: string; counts_exact: boolean; uncounted_sub_batches: number }>(
    'SELECT changed, counts_exact, uncounted_sub_batches FROM tranche.job_progress',
  )
  expect(row?.uncounted_sub_batches).toBe(0)
  expect(row?.counts_exact === false || row?.changed === '15').toBe(true)
})
