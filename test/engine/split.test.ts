import { describe, expect, it } from 'vitest'
import { sql } from '../../src/catalogue/api.ts'
import { setup } from '../support/engine-setup.ts'
import { define, hits, performed, queued } from '../support/performed.ts'

const jobsOf = ({ query }: Pick<Awaited<ReturnType<typeof queued>>, 'query'>) =>
  query<{
    id: string
    min: string
    max: string
    batch: number
    status: number
    attempts: number
    cursor: string[] | null
  }>(
    `SELECT j.id, j.min_value AS min, j.max_value AS max, j.batch_size AS batch, j.status, j.attempts, p."cursor"
       FROM tranche.batched_background_migration_jobs AS j JOIN tranche.job_progress AS p ON p.job_id = j.id ORDER BY j.min_value`,
  )

/** Twelve rows, ids 3 to 36, in one job of sub-batches of two; it failed for good at the row `bad`. */
async function failed(bad: number) {
  const bundle = await queued({ batchSize: 12, subBatchSize: 2 })
  await bundle.query(`ALTER TABLE items ADD CONSTRAINT not_this CHECK (hits = 0 OR id <> ${String(bad)})`)
  await bundle.engine.run(bundle.migrationId)
  await bundle.query('ALTER TABLE items DROP CONSTRAINT not_this')
  const [job] = await jobsOf(bundle)
  return { ...bundle, jobId: job?.id ?? '' }
}

describe('split', () => {
  it.each([
    ['before the first sub-batch', 3, null, null, null],
    ['in the first half', 15, ['12'], ['12'], null],
    ['at the midpoint', 21, ['18'], ['18'], null],
    ['in the second half', 27, ['24'], ['18'], ['24']],
  ])(
    'of a job that failed %s: cursors of the halves, and every row exactly once',
    async (_where, bad, before, first, second) => {
      const bundle = await failed(bad)
      const { engine, migrationId, jobId } = bundle
      expect((await jobsOf(bundle))[0]?.cursor).toEqual(before)

      const outcome = await engine.split(migrationId, jobId)

      const halves = await jobsOf(bundle)
      expect(outcome).toEqual({ secondJobId: halves[1]?.id, batchSize: 6 })
      expect(halves).toMatchObject([
        { id: jobId, min: '3', max: '18', batch: 6, status: 2, attempts: 0, cursor: first },
        { min: '21', max: '36', batch: 6, status: 2, attempts: 0, cursor: second },
      ])
      expect(await engine.get(migrationId)).toMatchObject({ status: 'failed', jobs: { retriable: 2, blocked: 0 } })
      await engine.retry(migrationId)
      expect(await engine.run(migrationId)).toMatchObject({ reason: 'finished' })
      expect(await hits(bundle)).toEqual(new Array<number>(12).fill(1))
      expect(await engine.verify(migrationId)).toMatchObject({ holds: true })
    },
  )

  it('of a job over several columns divides its cursors, where GitLab refuses', async () => {
    const definition = define(({ subBatch }) => sql`UPDATE pairs SET hits = hits + 1 WHERE ${subBatch}`, {
      table: 'pairs',
      column: ['name', 'at'],
      batchSize: 12,
      subBatchSize: 2,
    })
    const bundle = await setup({
      schema: `CREATE TABLE pairs (name text NOT NULL, at timestamptz NOT NULL, hits int NOT NULL DEFAULT 0, PRIMARY KEY (name, at));
               INSERT INTO pairs SELECT chr(96 + n / 3 + 1), timestamptz '2020-01-01 00:00:00.123456+00' + make_interval(hours => n)
                 FROM generate_series(0, 11) AS n;
               ALTER TABLE pairs ADD CONSTRAINT not_this CHECK (hits = 0 OR name <> 'c')`,
      definitions: [definition],
    })
    const { engine, query } = bundle
    const { migration } = await engine.queue({ jobClassName: 'Performed' })
    expect(await engine.run(migration.id)).toMatchObject({ reason: 'failed' })
    const { jobs } = await engine.failures(migration.id)
    const { secondJobId } = await engine.split(migration.id, jobs[0]?.job.id ?? '')
    expect(
      await query(
        `SELECT j.id, j.min_cursor->>0 AS min, j.max_cursor->>0 AS max, min_value, p."cursor"[1] AS cursor
           FROM tranche.batched_background_migration_jobs AS j JOIN tranche.job_progress AS p ON p.job_id = j.id ORDER BY j.id`,
      ),
    ).toMatchObject([
      { min: 'a', max: 'b', min_value: null, cursor: 'b' },
      { id: secondJobId, min: 'c', max: 'd', min_value: null, cursor: null },
    ])
    await query('ALTER TABLE pairs DROP CONSTRAINT not_this')
    await engine.retry(migration.id)
    expect(await engine.run(migration.id)).toMatchObject({ reason: 'finished' })
    expect(await query('SELECT hits, count(*)::int FROM pairs GROUP BY hits')).toEqual([{ hits: 1, count: 12 }])
    expect(await engine.verify(migration.id)).toMatchObject({ holds: true })
  })

  it('compares keys as the column does, whatever the order of the database is', async () => {
    const definition = define(({ subBatch }) => sql`UPDATE words SET hits = hits + 1 WHERE ${subBatch}`, {
      table: 'words',
      column: 'word',
      strategy: 'keyset',
      batchSize: 8,
      subBatchSize: 1,
    })
    const { engine, query } = await setup({
      schema: `CREATE TABLE words (word text COLLATE "und-x-icu" PRIMARY KEY, hits int NOT NULL DEFAULT 0);
               INSERT INTO words SELECT unnest('{a,A,b,B,c,C,d,D}'::text[]);
               ALTER TABLE words ADD CONSTRAINT not_this CHECK (hits = 0 OR word <> 'A')`,
      definitions: [definition],
    })
    const { migration } = await engine.queue({ jobClassName: 'Performed' })
    await engine.run(migration.id)
    await engine.split(migration.id, '1')
    // By its bytes, B lies before a: the first half would seem to be done.
    expect(await query('SELECT "cursor", planned_to FROM tranche.job_progress ORDER BY job_id')).toEqual([
      { cursor: ['a'], planned_to: ['B'] },
      { cursor: null, planned_to: ['D'] },
    ])
    await query('ALTER TABLE words DROP CONSTRAINT not_this')
    await engine.retry(migration.id)
    expect(await engine.run(migration.id)).toMatchObject({ reason: 'finished' })
    expect(await query('SELECT hits, count(*)::int FROM words GROUP BY hits')).toEqual([{ hits: 1, count: 8 }])
  })

  it('fences whoever held the job, and both halves begin above its epoch', async () => {
    const bundle = await failed(15)
    const epochs = () => bundle.query('SELECT epoch FROM tranche.job_progress ORDER BY job_id')
    expect(await epochs()).toEqual([{ epoch: '3' }])
    await bundle.engine.split(bundle.migrationId, bundle.jobId)
    expect(await epochs()).toEqual([{ epoch: '4' }, { epoch: '4' }])
  })

  it('of a range whose rows are gone gives the attempts back, and the job succeeds with zero rows', async () => {
    const bundle = await failed(3)
    const { engine, migrationId, jobId, query } = bundle
    await query('DELETE FROM items')
    expect(await engine.split(migrationId, jobId)).toEqual({ secondJobId: null, batchSize: 6 })
    await engine.retry(migrationId)
    expect(await engine.run(migrationId)).toMatchObject({ reason: 'finished' })
    expect(await jobsOf(bundle)).toMatchObject([{ status: 3, attempts: 1, max: '36' }])
  })

  it('of a job of batch size 1 leaves the size, and gives the attempts back', async () => {
    const bundle = await failed(3)
    await bundle.query('UPDATE tranche.batched_background_migration_jobs SET batch_size = 1, sub_batch_size = 1')
    expect(await bundle.engine.split(bundle.migrationId, bundle.jobId)).toEqual({ secondJobId: null, batchSize: 1 })
    expect(await jobsOf(bundle)).toMatchObject([{ batch: 1, attempts: 0, status: 2 }])
  })

  it('is refused for a job that succeeded, and for one that is not there', async () => {
    const bundle = await queued()
    await bundle.engine.run(bundle.migrationId)
    const before = await jobsOf(bundle)
    await expect(bundle.engine.split(bundle.migrationId, before[0]?.id ?? '')).rejects.toMatchObject({
      code: 'illegal_transition',
      message: expect.stringContaining('is succeeded; only a failed job can be split') as string,
    })
    for (const jobId of ['999', 'x'])
      await expect(bundle.engine.split(bundle.migrationId, jobId)).rejects.toMatchObject({ code: 'unknown_job' })
    expect(await jobsOf(bundle)).toEqual(before)
  })

  it('happens once when two people press it at the same moment, or each halves again', async () => {
    const bundle = await failed(3)
    await Promise.all([bundle.engine, bundle.another()].map((each) => each.split(bundle.migrationId, bundle.jobId)))
    expect(await jobsOf(bundle)).toMatchObject([{ max: '9' }, { min: '12', max: '18' }, { min: '21', max: '36' }])
    await bundle.engine.retry(bundle.migrationId)
    await bundle.engine.run(bundle.migrationId)
    expect(await bundle.engine.verify(bundle.migrationId)).toMatchObject({ holds: true })
    expect(await hits(bundle)).toEqual(new Array<number>(12).fill(1))
  })
})

describe('retry with size half', () => {
  it('splits each failed job whatever it failed of, and makes the migration active', async () => {
    const bundle = await failed(27)
    const { engine, migrationId } = bundle
    expect(await engine.retry(migrationId, { size: 'half' })).toMatchObject({
      retried: 2,
      migration: { status: 'active' },
    })
    expect(await engine.run(migrationId)).toMatchObject({ reason: 'finished' })
    expect(await hits(bundle)).toEqual(new Array<number>(12).fill(1))
  })

  it('splits nothing where the migration cannot become active', async () => {
    const bundle = await failed(27)
    await bundle.query('UPDATE tranche.batched_background_migrations SET status = 6')
    await expect(bundle.engine.retry(bundle.migrationId, { size: 'half' })).rejects.toMatchObject({
      code: 'illegal_transition',
    })
    expect(await jobsOf(bundle)).toHaveLength(1)
  })
})

describe('run with one job', () => {
  it('drives that job alone, once, and leaves the rest', async () => {
    const bundle = await performed(
      define(
        ({ subBatch }) =>
          sql`UPDATE items SET hits = hits + 1 + CASE WHEN bad THEN 1 / (hits - hits) ELSE 0 END WHERE ${subBatch}`,
      ),
    )
    const { engine, migrationId, query } = bundle
    await query('UPDATE items SET bad = true WHERE id IN (9, 15)')
    await engine.run(migrationId, { maxJobs: 2 })
    const [first, second] = await jobsOf(bundle)
    await query('UPDATE items SET bad = false')

    const outcome = await engine.run(migrationId, { jobId: second?.id ?? '' })

    expect(outcome).toMatchObject({ reason: 'job_limit', jobsRun: 1, rows: { changed: 2 } })
    expect(await jobsOf(bundle)).toMatchObject([
      { id: first?.id, status: 2, attempts: 1 },
      { id: second?.id, status: 3, attempts: 2 },
    ])
    expect(await engine.run(migrationId, { jobId: second?.id ?? '' })).toMatchObject({ reason: 'nothing_to_do' })
    expect(await engine.run(migrationId, { jobId: first?.id ?? '' })).toMatchObject({ reason: 'finished' })
  })

  it('is refused for one that used its attempts, that somebody drives, and that is not there', async () => {
    const bundle = await failed(3)
    const { engine, migrationId, jobId, query } = bundle
    await query('UPDATE tranche.batched_background_migrations SET status = 1')
    await expect(engine.run(migrationId, { jobId })).rejects.toMatchObject({
      code: 'illegal_transition',
      remedy: expect.stringContaining(`tranche retry ${migrationId} --job ${jobId}`) as string,
    })
    await query('UPDATE tranche.batched_background_migration_jobs SET status = 1')
    await expect(engine.run(migrationId, { jobId })).rejects.toMatchObject({ code: 'already_running' })
    await expect(engine.run(migrationId, { jobId: '999' })).rejects.toMatchObject({ code: 'unknown_job' })
  })
})

it('a retry row by row commits up to the row that fails, whose key the job then stands at', async () => {
  const bundle = await queued({ batchSize: 12, subBatchSize: 4 })
  const { engine, migrationId, query } = bundle
  await query('ALTER TABLE items ADD CONSTRAINT not_this CHECK (hits = 0 OR id <> 21)')
  await engine.run(migrationId)
  expect(await jobsOf(bundle)).toMatchObject([{ cursor: ['12'], status: 2 }])

  expect(await engine.retry(migrationId, { size: 'rows' })).toMatchObject({ retried: 1 })
  expect(await engine.run(migrationId)).toMatchObject({ reason: 'failed' })

  // 15 and 18 are done now; 21 fails alone.
  expect(await jobsOf(bundle)).toMatchObject([{ cursor: ['18'], status: 2 }])
  await query('ALTER TABLE items DROP CONSTRAINT not_this')
  await engine.retry(migrationId, { size: 'rows' })
  expect(await engine.run(migrationId)).toMatchObject({ reason: 'finished' })
  expect(await hits(bundle)).toEqual(new Array<number>(12).fill(1))
})
