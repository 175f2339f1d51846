/** What a job does about statements that take too long; the limit is the engine's own, the waiting is the server's. */
import { expect, it } from 'vitest'
import { sql } from '../../src/catalogue/api.ts'
import { shrunk } from '../../src/engine/answer-timeout.ts'
import type { Bundle } from '../support/engine-setup.ts'
import { setup } from '../support/engine-setup.ts'
import { hitsTable } from '../support/hits.ts'
import { define, hits } from '../support/performed.ts'

/** Far above what its other statements take on a busy machine. */
const LIMIT_MS = 2_000

/** Twelve rows, ids 3 to 36, one job; a statement over a bad row takes longer than it may. */
async function slow({ subBatchSize = 4, batchSize = 12, bad = [] as readonly number[] } = {}) {
  const definition = define(
    ({ subBatch }) => sql`UPDATE items SET hits = hits + 1 + CASE WHEN bad THEN linger() ELSE 0 END WHERE ${subBatch}`,
    // With a pause each sub-batch goes by itself, and meets the limit once.
    { batchSize, subBatchSize, intervalSeconds: 0, pauseMs: 1 },
  )
  const bundle = await setup({
    schema: `${hitsTable(12)};
      CREATE FUNCTION linger() RETURNS int LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_sleep(60); RETURN 0; END $$`,
    definitions: [definition],
    ports: { limits: { statementTimeoutMs: LIMIT_MS } },
  })
  await bundle.query('UPDATE items SET bad = true WHERE id = ANY ($1)', [bad])
  const { migration } = await bundle.engine.queue({ jobClassName: 'Performed' })
  return { ...bundle, migrationId: migration.id }
}

const jobsOf = ({ query }: Pick<Bundle, 'query'>) =>
  query<Record<string, unknown>>(
    `SELECT j.min_value AS min, j.max_value AS max, j.batch_size AS batch, j.sub_batch_size AS sub, j.status, j.attempts,
            p.planned_from AS tile_from, p.planned_to AS tile_to, p."cursor", p.scanned, p.epoch
       FROM tranche.batched_background_migration_jobs AS j JOIN tranche.job_progress AS p ON p.job_id = j.id ORDER BY j.min_value`,
  )

it('shrinks by a quarter each time, down to 65 percent below the migration’s own size', () => {
  const sequence = (original: number, batch: number) => {
    const found: number[] = []
    for (let size: number | null = original; size !== null && found.length < 9;) {
      found.push(size)
      size = shrunk({ batch_size: batch, sub_batch_size: size, original })
    }
    return found
  }
  expect(sequence(100, 1000)).toEqual([100, 75, 56, 42])
  expect(shrunk({ batch_size: 20, sub_batch_size: 10, original: 10 })).toBe(7)
  expect(shrunk({ batch_size: 5, sub_batch_size: 10, original: 10 })).toBe(5)
  expect(shrunk({ batch_size: 20, sub_batch_size: 1, original: 1 })).toBeNull()
  expect(shrunk({ batch_size: 1000, sub_batch_size: 30, original: 100 })).toBeNull()
})

it('after timeouts the sub-batches shrink, the job is split, and its halves go on behind the cursor', async () => {
  const bundle = await slow({ subBatchSize: 4, bad: [18] })
  const { engine, migrationId, query, heard } = bundle

  await engine.run(migrationId, { maxJobs: 3 })

  expect(heard.filter(({ name }) => name === 'job:shrunk').map(({ event }) => event)).toMatchObject([
    { from: 4, to: 3 },
    { from: 3, to: 2 },
  ])
  // The first four rows were committed before the bad one was met; the midpoint is that of the whole job.
  expect(await jobsOf(bundle)).toMatchObject([
    {
      min: '3',
      max: '18',
      batch: 6,
      sub: 2,
      status: 2,
      attempts: 0,
      tile_from: null,
      tile_to: ['18'],
      cursor: ['12'],
      scanned: '4',
    },
    {
      min: '21',
      max: '36',
      batch: 6,
      sub: 2,
      status: 2,
      attempts: 0,
      tile_from: ['18'],
      tile_to: ['36'],
      cursor: null,
      scanned: '0',
    },
  ])
  expect((await engine.events(migrationId)).map(({ kind }) => kind)).toEqual(
    expect.arrayContaining(['sub_batch_shrunk', 'job_split']),
  )
  const { groups } = await engine.failures(migrationId)
  expect(groups).toMatchObject([{ exceptionClass: 'query_canceled (57014)', jobCount: 2 }])

  await query('UPDATE items SET bad = false')
  expect(await engine.run(migrationId)).toMatchObject({ reason: 'finished' })
  expect(await hits(bundle)).toEqual(new Array<number>(12).fill(1))
  expect(await engine.verify(migrationId)).toMatchObject({ holds: true })
})

it('halves a job until it is one sub-batch, and nothing else is left', async () => {
  const bundle = await slow({ subBatchSize: 6, bad: [18] })
  const { engine, migrationId } = bundle

  expect(await engine.run(migrationId)).toMatchObject({ reason: 'failed' })

  const blocked = (await jobsOf(bundle)).filter(({ status }) => status === 2)
  expect(blocked).toMatchObject([{ max: '18', batch: 3, sub: 3, attempts: 3 }])
  const done = await hits(bundle)
  expect(done.slice(6)).toEqual(new Array<number>(6).fill(1))
  expect(done.slice(0, 3)).toEqual([1, 1, 1])
})

it.each([
  ['a batch no larger than its sub-batch', { batchSize: 4, subBatchSize: 4, bad: [3] }],
  ['an error that is no timeout', { batchSize: 12, subBatchSize: 4 }],
])('leaves the sizes of %s alone', async (_what, options) => {
  const bundle = await slow(options)
  const { engine, migrationId, query } = bundle
  if (!('bad' in options)) await query('ALTER TABLE items ADD CHECK (hits = 0)')
  await engine.run(migrationId, { maxJobs: 6 })
  expect((await jobsOf(bundle)).map(({ batch, sub }) => [batch, sub])).toEqual(
    (await jobsOf(bundle)).map(() => [options.batchSize, options.subBatchSize]),
  )
  expect(bundle.heard.filter(({ name }) => name === 'job:split' || name === 'job:shrunk')).toEqual([])
})
