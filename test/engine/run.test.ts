import { setTimeout as sleep } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { defineBatchedMigration, sql } from '../../src/catalogue/api.ts'
import { loadedOf, sourceOf } from '../support/engine-ports.ts'
import { type Bundle, setup } from '../support/engine-setup.ts'
import { hitEvery, hitsTable } from '../support/hits.ts'
import { until } from '../support/until.ts'

async function queued(
  rows: number,
  definition = hitEvery(),
  bad: readonly number[] = [],
): Promise<Bundle & { migrationId: string }> {
  const bundle = await setup({ schema: hitsTable(rows), definitions: [definition] })
  await bundle.query('UPDATE items SET bad = true WHERE id = ANY ($1)', [bad])
  const { migration } = await bundle.engine.queue({ jobClassName: definition.jobClassName })
  return { ...bundle, migrationId: migration.id }
}

function hits({ query }: Bundle): Promise<{ hits: number; count: number }[]> {
  return query('SELECT hits, count(*)::int FROM items GROUP BY hits ORDER BY hits')
}

function jobs({ query }: Bundle): Promise<Record<string, unknown>[]> {
  return query(
    `SELECT min_value AS min, max_value AS max, status, attempts FROM tranche.batched_background_migration_jobs ORDER BY id`,
  )
}

it('runs a migration to its end: every row once, every job succeeded and logged', async () => {
  const bundle = await queued(1_234)

  const outcome = await bundle.engine.run(bundle.migrationId)

  expect(outcome).toMatchObject({
    reason: 'finished',
    done: true,
    jobsRun: 13,
    rows: { scanned: 1_234, changed: 1_234 },
  })
  expect(await hits(bundle)).toEqual([{ hits: 1, count: 1_234 }])
  expect(await bundle.engine.get(bundle.migrationId)).toMatchObject({
    status: 'finished',
    jobs: { pending: 0, running: 0, retriable: 0, blocked: 0, succeeded: 13 },
    progress: { percentByKey: 100, percentByRows: 100 },
    runners: [],
  })
  expect(await bundle.query('SELECT * FROM tranche.table_leases')).toEqual([])
  expect(
    await bundle.query(
      `SELECT previous_status, next_status, count(*)::int FROM tranche.batched_background_migration_job_transition_logs GROUP BY 1, 2 ORDER BY 1`,
    ),
  ).toEqual([
    { previous_status: 0, next_status: 1, count: 13 },
    { previous_status: 1, next_status: 3, count: 13 },
  ])
})

it('keeps the metrics of each sub-batch with the job, in GitLab’s shape', async () => {
  const bundle = await queued(25)
  await bundle.engine.run(bundle.migrationId)

  const [job] = await bundle.query<{ metrics: unknown }>(
    'SELECT metrics FROM tranche.batched_background_migration_jobs',
  )

  const number = expect.any(Number) as number
  expect(job?.metrics).toEqual({
    timings: { perform: [number, number, number] },
    affected_rows: { perform: [10, 10, 5] },
  })
})

it('answers nothing to do for a migration that ended before', async () => {
  const bundle = await queued(10)
  await bundle.engine.run(bundle.migrationId)

  expect(await bundle.engine.run(bundle.migrationId)).toMatchObject({ reason: 'nothing_to_do', done: true, jobsRun: 0 })
})

it('stops after the number of jobs that it was given, and goes on behind them', async () => {
  const bundle = await queued(1_000)

  expect(await bundle.engine.run(bundle.migrationId, { maxJobs: 3 })).toMatchObject({
    reason: 'job_limit',
    done: false,
    jobsRun: 3,
  })
  expect(await hits(bundle)).toEqual([
    { hits: 0, count: 700 },
    { hits: 1, count: 300 },
  ])
  expect(await bundle.engine.run(bundle.migrationId)).toMatchObject({ reason: 'finished', jobsRun: 7 })
  expect(await hits(bundle)).toEqual([{ hits: 1, count: 1_000 }])
})

it('finishes when the limit meets the last job', async () => {
  const bundle = await queued(300)

  expect(await bundle.engine.run(bundle.migrationId, { maxJobs: 3 })).toMatchObject({
    reason: 'finished',
    done: true,
    jobsRun: 3,
  })
})

it('drives several jobs at the same time under one runner', async () => {
  const bundle = await queued(2_000)
  let most = 0
  bundle.engine.on('job:started', () => {
    const started = bundle.heard.filter(({ name }) => name === 'job:started').length
    const ended = bundle.heard.filter(({ name }) => name === 'job:succeeded').length
    most = Math.max(most, started - ended)
  })

  expect(await bundle.engine.run(bundle.migrationId, { parallel: 3 })).toMatchObject({
    reason: 'finished',
    jobsRun: 20,
  })

  expect(most).toBe(3)
  expect(await hits(bundle)).toEqual([{ hits: 1, count: 2_000 }])
})

it('a pause by anybody takes effect at the next sub-batch; the claim and the attempt are given back', async () => {
  const bundle = await queued(500, hitEvery({ batchSize: 500, pauseMs: 20 }))
  let committed = 0
  bundle.engine.on('sub_batch:committed', () => {
    committed += 1
    if (committed === 5) void bundle.another().pause(bundle.migrationId)
  })

  expect(await bundle.engine.run(bundle.migrationId)).toMatchObject({ reason: 'paused', done: false })

  expect(await bundle.engine.get(bundle.migrationId)).toMatchObject({
    status: 'paused',
    jobs: { running: 0, retriable: 0 },
    runners: [],
  })
  expect(
    await bundle.query(
      'SELECT max(attempts)::int AS attempts FROM tranche.batched_background_migration_jobs WHERE status <> 3',
    ),
  ).toEqual([{ attempts: 0 }])
  await expect(bundle.engine.run(bundle.migrationId)).rejects.toMatchObject({ code: 'migration_paused' })
  await bundle.engine.resume(bundle.migrationId)
  expect(await bundle.engine.run(bundle.migrationId)).toMatchObject({ reason: 'finished' })
  expect(await hits(bundle)).toEqual([{ hits: 1, count: 500 }])
})

it('stop finishes the sub-batch in hand and releases; the status does not change', async () => {
  const bundle = await queued(500, hitEvery({ batchSize: 500 }))
  const stop = new AbortController()
  let committed = 0
  bundle.engine.on('sub_batch:committed', () => {
    committed += 1
    if (committed === 7) stop.abort()
  })

  expect(await bundle.engine.run(bundle.migrationId, { signal: stop.signal })).toMatchObject({
    reason: 'aborted',
    done: false,
  })

  expect(committed).toBe(7)
  expect(await bundle.engine.get(bundle.migrationId)).toMatchObject({
    status: 'active',
    jobs: { pending: 1, running: 0 },
    runners: [],
  })
  expect(await bundle.query('SELECT * FROM tranche.table_leases')).toEqual([])
})

it('stop ends a pause between sub-batches at once', async () => {
  const bundle = await queued(500, hitEvery({ pauseMs: 600_000 }))
  const stop = new AbortController()
  bundle.engine.on('sub_batch:committed', () => {
    setTimeout(() => {
      stop.abort()
    }, 20)
  })

  expect(await bundle.engine.run(bundle.migrationId, { signal: stop.signal })).toMatchObject({ reason: 'aborted' })
})

it('tries a job three times, new ranges first, and fails the migration when one is blocked', async () => {
  const bundle = await queued(300, hitEvery({ raisesOnBad: true }), [450])

  expect(await bundle.engine.run(bundle.migrationId)).toMatchObject({ reason: 'failed', done: true })

  expect(await jobs(bundle)).toEqual([
    { min: '3', max: '300', status: 3, attempts: 1 },
    { min: '303', max: '600', status: 2, attempts: 3 },
    { min: '603', max: '900', status: 3, attempts: 1 },
  ])
  const started = bundle.heard
    .filter(({ name }) => name === 'job:started')
    .map(({ event }) => (event as { attempt: number }).attempt)
  expect(started).toEqual([1, 1, 1, 2, 3])
  // what was committed of the failed job stays, once, and is not done again by the later attempts
  expect(await hits(bundle)).toEqual([
    { hits: 0, count: 60 },
    { hits: 1, count: 240 },
  ])
  await expect(bundle.engine.run(bundle.migrationId)).rejects.toMatchObject({ code: 'migration_failed' })
})

it('a retry goes on behind the committed cursor, after the cause was mended', async () => {
  const bundle = await queued(300, hitEvery({ raisesOnBad: true }), [450])
  await bundle.engine.run(bundle.migrationId)
  await bundle.query('UPDATE items SET bad = false')

  expect(await bundle.engine.retry(bundle.migrationId)).toMatchObject({ retried: 1, migration: { status: 'active' } })
  expect(await bundle.engine.run(bundle.migrationId)).toMatchObject({ reason: 'finished', rows: { scanned: 60 } })
  expect(await hits(bundle)).toEqual([{ hits: 1, count: 300 }])
})

it('fails at once when more than half of at least fifty jobs failed', async () => {
  const bad = Array.from({ length: 100 }, (_, index) => 3 * (index * 10 + 1))
  const bundle = await queued(1_000, hitEvery({ raisesOnBad: true, batchSize: 10 }), bad)

  expect(await bundle.engine.run(bundle.migrationId)).toMatchObject({ reason: 'failed', jobsRun: 50 })

  expect(await bundle.engine.get(bundle.migrationId)).toMatchObject({ status: 'failed', jobs: { retriable: 50 } })
})

it('runs a sub-batch again when it met a lock, without counting an attempt', async () => {
  const bundle = await queued(50)
  const blocker = await bundle.database.connect()
  await blocker.query('BEGIN; SELECT FROM items WHERE id = 33 FOR UPDATE')
  const repeated = bundle.until('sub_batch:repeated')
  const running = bundle.engine.run(bundle.migrationId)

  expect(await repeated).toMatchObject({ sqlstate: '55P03', repetition: 1 })
  await blocker.query('ROLLBACK')

  expect(await running).toMatchObject({ reason: 'finished' })
  expect(await jobs(bundle)).toMatchObject([{ status: 3, attempts: 1 }])
  expect(await hits(bundle)).toEqual([{ hits: 1, count: 50 }])
})

it('waits out a hold, and says until when', async () => {
  const bundle = await queued(50)
  await bundle.query(
    `UPDATE tranche.batched_background_migrations SET on_hold_until = clock_timestamp() + interval '1 second'`,
  )

  expect(await bundle.engine.run(bundle.migrationId)).toMatchObject({ reason: 'finished' })

  expect(bundle.heard.find(({ name }) => name === 'run:waiting')?.event).toMatchObject({
    reason: expect.stringMatching(/^on hold until/) as string,
  })
})

it('paced, it keeps the interval between the starts of jobs; unpaced, it does not', async () => {
  const bundle = await queued(300)
  const stop = new AbortController()
  const waiting = bundle.until('run:waiting')
  const paced = bundle.engine.run(bundle.migrationId, { paced: true, signal: stop.signal })

  expect(await waiting).toMatchObject({ reason: expect.stringMatching(/^the next job is due in \d+ s$/) as string })
  stop.abort()
  expect(await paced).toMatchObject({ reason: 'aborted', jobsRun: 1 })
  expect(await bundle.engine.run(bundle.migrationId)).toMatchObject({ reason: 'finished', jobsRun: 2 })
})

it('refuses to run a definition that changed after queueing', async () => {
  const bundle = await queued(50)
  const drifted = loadedOf(hitEvery(), 'edited')

  const run = bundle.another({ definitions: { find: () => drifted, list: () => [drifted] } }).run(bundle.migrationId)

  await expect(run).rejects.toMatchObject({ code: 'definition_drift' })
  expect(await hits(bundle)).toEqual([{ hits: 0, count: 50 }])
})

it('another console sees who runs it', async () => {
  const bundle = await queued(500, hitEvery({ pauseMs: 20 }))
  const started = bundle.until('sub_batch:committed')
  const running = bundle.engine.run(bundle.migrationId)
  await started

  expect(await bundle.another().get(bundle.migrationId)).toMatchObject({
    jobs: { running: 1 },
    runners: [{ pid: process.pid, isLive: true, version: '0.0.0-test' }],
  })
  await bundle.another().pause(bundle.migrationId)
  expect(await running).toMatchObject({ reason: 'paused' })
})

it('a listener that throws does not hurt the run', async () => {
  const bundle = await queued(50)
  bundle.engine.on('sub_batch:committed', () => {
    throw new Error('a bad listener')
  })

  expect(await bundle.engine.run(bundle.migrationId)).toMatchObject({ reason: 'finished' })
})

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
