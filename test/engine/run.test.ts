import { expect, it } from 'vitest'
import { loadedOf } from '../support/engine-ports.ts'
import { hitEvery } from '../support/hits.ts'
import { hits, queued } from '../support/queued.ts'

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
  const bundle = await queued(500, hitEvery({ batchSize: 500, pauseMs: 1 }))
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

it('the state tells how long it will still take and on what that rests, or why nobody can say', async () => {
  const { engine, migrationId } = await queued(300)
  expect(await engine.get(migrationId)).toMatchObject({
    timeLeft: null,
    timeLeftUnknownBecause: 'no job has succeeded yet',
  })
  await engine.run(migrationId, { maxJobs: 2 })
  const { timeLeft, timeLeftUnknownBecause } = await engine.get(migrationId)
  expect(timeLeftUnknownBecause).toBeNull()
  expect(timeLeft?.basis).toMatch(/^the last 2 jobs \(200 rows in .*\) and the estimate of rows$/)
  await engine.run(migrationId)
  expect(await engine.get(migrationId)).toMatchObject({
    timeLeft: null,
    timeLeftUnknownBecause: 'nothing is left to do',
  })
})

it('waits out a hold, and says until when', async () => {
  const bundle = await queued(50, hitEvery(), [], { ports: { limits: { holdCheckMs: 100 } } })
  const holdFor = (interval: string): Promise<unknown> =>
    bundle.query(`UPDATE tranche.batched_background_migrations SET on_hold_until = clock_timestamp() + $1::interval`, [
      interval,
    ])
  await holdFor('1 hour')

  const running = bundle.engine.run(bundle.migrationId)

  expect(await bundle.until('run:waiting')).toMatchObject({ reason: expect.stringMatching(/^on hold until/) as string })
  await holdFor('0')
  expect(await running).toMatchObject({ reason: 'finished' })
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

it('the number of jobs is a limit for all lanes together', async () => {
  const bundle = await queued(1_000)

  expect(await bundle.engine.run(bundle.migrationId, { maxJobs: 1, parallel: 4 })).toMatchObject({
    reason: 'job_limit',
    jobsRun: 1,
  })
  expect(await bundle.engine.run(bundle.migrationId, { maxJobs: 9, parallel: 3 })).toMatchObject({
    reason: 'finished',
    jobsRun: 9,
  })
})
