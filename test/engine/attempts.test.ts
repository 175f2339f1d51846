import { expect, it } from 'vitest'
import { defineBatchedMigration, sql } from '../../src/catalogue/api.ts'
import { hitEvery } from '../support/hits.ts'
import { hits, jobs, queued } from '../support/queued.ts'

it('tries a job three times, new ranges first, and fails the migration when one is blocked', async () => {
  const bundle = await queued(300, hitEvery({ raisesOnBad: true }), [450])

  expect(await bundle.engine.run(bundle.migrationId)).toMatchObject({
    ...{ reason: 'failed', done: true },
    ...{ jobsRun: 3, jobsFailed: 1, attempts: 5 },
  })

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

it('a definition that commits by itself fails its attempt; nothing counts as done', async () => {
  const commits = defineBatchedMigration({
    jobClassName: 'CommitsByItself',
    description: 'Ends the transaction that it was given.',
    table: 'items',
    column: 'id',
    pauseMs: 0,
    perform: async ({ query, subBatch }) => {
      await query(sql`UPDATE items SET hits = hits + 1 WHERE ${subBatch}`)
      await query(sql`COMMIT`)
    },
  })
  const bundle = await queued(10, commits)

  expect(await bundle.engine.run(bundle.migrationId)).toMatchObject({ reason: 'failed' })

  expect(await bundle.engine.get(bundle.migrationId)).toMatchObject({ rows: { scanned: 0 }, jobs: { blocked: 1 } })
  const { jobs } = await bundle.engine.failures(bundle.migrationId)
  expect(jobs[0]?.log.at(-1)?.exceptionMessage).toContain('perform must leave it open')
})
