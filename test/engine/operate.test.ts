import { describe, expect, it } from 'vitest'
import { sql } from '../../src/catalogue/api.ts'
import { define, finished, hits, performed, queued } from '../support/performed.ts'
import { untilSomebodyWaits } from '../support/raced.ts'

describe('pause and resume', () => {
  it('are journaled with who, from where, and both statuses', async () => {
    const { engine, migrationId, another, heard } = await queued()
    const identity = {
      operator: 'ada',
      host: 'bastion',
      bootId: null,
      pidNamespace: null,
      pid: 1,
      pidStart: null,
      version: '1',
    }
    const ada = another({ identity })

    expect(await ada.pause(migrationId)).toMatchObject({ status: 'paused' })
    expect(await engine.pause(migrationId)).toMatchObject({ status: 'paused' })
    expect(await engine.resume(migrationId)).toMatchObject({ status: 'active' })

    const [, first, second, third] = await engine.events(migrationId)
    expect(first).toMatchObject({
      kind: 'pause',
      operator: 'ada',
      host: 'bastion',
      migrationId,
      details: { from: 'active', to: 'paused' },
    })
    expect([second, third]).toMatchObject([
      { kind: 'pause', details: { from: 'paused', to: 'paused' } },
      { kind: 'resume', details: { from: 'paused', to: 'active' } },
    ])
    expect((await engine.events(migrationId, { after: second?.id ?? '' })).map(({ id }) => id)).toEqual([third?.id])
    await expect(engine.events(migrationId, { after: 'x' })).rejects.toMatchObject({ code: 'invalid_arguments' })
    expect(heard.slice(1).map(({ event }) => event)).toEqual([
      { migrationId, event: 'pause', from: 'paused', to: 'paused' },
      { migrationId, event: 'execute', from: 'paused', to: 'active' },
    ])
  })

  it('are refused where the table of transitions says so, with the way on', async () => {
    const { engine, migrationId, query } = await finished()
    await expect(engine.pause(migrationId)).rejects.toMatchObject({
      code: 'illegal_transition',
      message: `migration ${migrationId} is finished; it cannot become paused`,
      details: { from: 'finished', to: 'paused' },
    })
    await query('UPDATE tranche.batched_background_migrations SET status = 4')
    await expect(engine.resume(migrationId)).rejects.toMatchObject({
      code: 'illegal_transition',
      remedy: expect.stringContaining(`tranche retry ${migrationId}`) as string,
    })
    expect((await engine.events(migrationId)).map(({ kind }) => kind)).toEqual([
      'queue',
      'run',
      'finished',
      'run_ended',
    ])
  })

  it('wait while a runner that plans a job holds the migration', async () => {
    const { engine, migrationId, database, query } = await queued()
    const planning = await database.connect()
    await planning.query('BEGIN')
    await planning.query('SELECT FROM tranche.batched_background_migrations FOR SHARE')
    // Longer than a statement of ours waits for a lock.
    await planning.query('SET statement_timeout = 0')
    const pausing = engine.pause(migrationId)
    await untilSomebodyWaits({ query })
    await planning.query('SELECT pg_sleep(2.5)')
    await planning.query('COMMIT')
    expect(await pausing).toMatchObject({ status: 'paused' })
  })
})

describe('set', () => {
  it('changes knobs from the next job on and journals what was changed', async () => {
    const { engine, migrationId, query, heard } = await queued()
    await engine.run(migrationId, { maxJobs: 1 })

    const migration = await engine.set(migrationId, {
      batchSize: 6,
      subBatchSize: 3,
      maxBatchSize: 10,
      intervalSeconds: 0,
      pauseMs: 1,
    })
    await engine.run(migrationId)

    expect(migration).toMatchObject({ batchSize: 6, subBatchSize: 3, maxBatchSize: 10, intervalSeconds: 0, pauseMs: 1 })
    expect(
      await query(
        'SELECT min_value AS min, max_value AS max, batch_size, sub_batch_size, pause_ms FROM tranche.batched_background_migration_jobs ORDER BY id',
      ),
    ).toEqual([
      { min: '3', max: '12', batch_size: 4, sub_batch_size: 2, pause_ms: 0 },
      { min: '15', max: '30', batch_size: 6, sub_batch_size: 3, pause_ms: 1 },
      { min: '33', max: '36', batch_size: 6, sub_batch_size: 3, pause_ms: 1 },
    ])
    const changes = { batchSize: 6, subBatchSize: 3, maxBatchSize: 10, intervalSeconds: 0, pauseMs: 1 }
    expect((await engine.events(migrationId)).find(({ kind }) => kind === 'set')?.details).toEqual(changes)
    expect(heard.find(({ name }) => name === 'migration:set')?.event).toEqual({ migrationId, changes })
  })

  it.each([
    { batchSize: 1 },
    { subBatchSize: 5 },
    { maxBatchSize: 3 },
    { pauseMs: -1 },
    { intervalSeconds: 40_000 },
    { batchSize: Number.NaN },
    { batchSize: 2 ** 31 },
  ])('refuses %j, which does not fit, and changes nothing', async (changes) => {
    const { engine, migrationId } = await queued()
    const before = await engine.get(migrationId)
    await expect(engine.set(migrationId, changes)).rejects.toMatchObject({ code: 'invalid_setting' })
    expect(await engine.get(migrationId)).toEqual(before)
    expect((await engine.events(migrationId)).map(({ kind }) => kind)).toEqual(['queue'])
  })
})

describe('retry', () => {
  /** Both jobs failed thrice: the first by a division, the second by a cast; ids 3 to 12 and 15 to 18. */
  async function failed() {
    const bundle = await performed(
      define(
        ({ subBatch }) =>
          sql`UPDATE items SET hits = hits + CASE WHEN NOT bad THEN 1 WHEN id > 12 THEN ('x' || id)::int ELSE 1 / (hits - hits) END WHERE ${subBatch}`,
      ),
    )
    await bundle.query('UPDATE items SET bad = true WHERE id IN (9, 15)')
    await bundle.engine.run(bundle.migrationId)
    const jobs = await bundle.query<{ id: string }>(
      'SELECT id FROM tranche.batched_background_migration_jobs ORDER BY id',
    )
    return { ...bundle, jobIds: jobs.map(({ id }) => id) }
  }
  const attempts = async ({ query }: Awaited<ReturnType<typeof failed>>): Promise<unknown> =>
    (
      await query<{ attempts: number }>('SELECT attempts FROM tranche.batched_background_migration_jobs ORDER BY id')
    ).map((row) => row.attempts)

  it('gives every failed job its attempts back, keeps the cursors, and makes the migration active', async () => {
    const bundle = await failed()
    const { engine, migrationId, heard, jobIds } = bundle
    expect(await engine.get(migrationId)).toMatchObject({ status: 'failed', jobs: { blocked: 2 } })
    await bundle.query('UPDATE items SET bad = false')

    const { retried, migration } = await engine.retry(migrationId)
    const { reason } = await engine.run(migrationId)

    expect({ retried, status: migration.status, reason }).toEqual({ retried: 2, status: 'active', reason: 'finished' })
    expect(await hits(bundle)).toEqual([1, 1, 1, 1, 1, 1])
    expect((await engine.events(migrationId)).find(({ kind }) => kind === 'retry')?.details).toEqual({
      from: 'failed',
      to: 'active',
      retried: 2,
    })
    expect(heard.filter(({ name }) => name === 'job:retried').map(({ event }) => event)).toEqual(
      jobIds.map((jobId) => ({ migrationId, jobId })),
    )
  })

  it('takes one job, or those of one group', async () => {
    const bundle = await failed()
    const { engine, migrationId, jobIds } = bundle
    const [first = '', second = ''] = jobIds
    const { groups, jobs } = await engine.failures(migrationId)
    expect(groups).toHaveLength(2)

    expect(await engine.retry(migrationId, { jobId: second })).toMatchObject({ retried: 1 })
    expect(await attempts(bundle)).toEqual([3, 0])
    await bundle.query('UPDATE tranche.batched_background_migrations SET status = 4')
    const group = jobs.find(({ job }) => job.id === first)?.group ?? ''
    expect(await engine.retry(migrationId, { group })).toMatchObject({ retried: 1 })
    expect(await attempts(bundle)).toEqual([0, 0])
  })

  it.each([{ jobId: '999' }, { jobId: 'x' }, { group: 'deadbeef' }])(
    'refuses %j, which is no failed job',
    async (filter) => {
      const { engine, migrationId } = await failed()
      await expect(engine.retry(migrationId, filter)).rejects.toMatchObject({ code: 'unknown_job' })
      expect(await engine.get(migrationId)).toMatchObject({ status: 'failed' })
    },
  )

  it('makes a failed migration without failed jobs active, and refuses a finished one', async () => {
    const { engine, migrationId, query } = await finished()
    await expect(engine.retry(migrationId)).rejects.toMatchObject({
      code: 'illegal_transition',
      details: { from: 'finished', to: 'active' },
    })
    await query('UPDATE tranche.batched_background_migrations SET status = 4')
    expect(await engine.retry(migrationId)).toMatchObject({ retried: 0, migration: { status: 'active' } })
  })
})

describe('wait', () => {
  it.each([
    ['finished', 3],
    ['finalized', 6],
    ['failed', 4],
    ['paused', 0],
  ])('ends at once where nothing more happens by itself: %s', async (status, code) => {
    const { engine, migrationId, query } = await queued()
    await query('UPDATE tranche.batched_background_migrations SET status = $1', [code])
    expect(await engine.wait(migrationId, {})).toMatchObject({ status })
  })

  it('ends when somebody else has run it', async () => {
    const { engine, migrationId, another } = await queued()
    const waiting = engine.wait(migrationId, { timeoutSeconds: 60 })
    await another().run(migrationId)
    expect(await waiting).toMatchObject({ status: 'finished' })
  })

  it('gives up after its time, or by a signal', async () => {
    const { engine, migrationId } = await queued()
    await expect(engine.wait(migrationId, { timeoutSeconds: 0 })).rejects.toMatchObject({
      code: 'wait_timeout',
      details: { status: 'active' },
    })
    const stopping = AbortSignal.abort(new Error('enough'))
    await expect(engine.wait(migrationId, { signal: stopping })).rejects.toThrow('enough')
  })
})

it('ends in one consistent state when several people act at once', async () => {
  const bundle = await queued()
  const { engine, migrationId, another } = bundle
  const people = [another(), another(), another()]

  await Promise.allSettled([
    people[0]?.finalize(migrationId),
    people[1]?.pause(migrationId),
    people[2]?.retry(migrationId),
    engine.run(migrationId),
    people[1]?.resume(migrationId),
    people[2]?.set(migrationId, { pauseMs: 1 }),
    people[0]?.pause(migrationId),
  ])

  const state = await engine.get(migrationId)
  expect(['active', 'paused', 'finished', 'finalized']).toContain(state.status)
  expect({ running: state.jobs.running, runners: state.runners }).toEqual({ running: 0, runners: [] })
  expect(await engine.finalize(migrationId)).toMatchObject({ migration: { status: 'finalized' } })
  expect(await hits(bundle)).toEqual(new Array(12).fill(1))
})

it('clears the max batch size, and sets no knobs of a migration that has no job left', async () => {
  const { engine, migrationId } = await queued()

  expect(await engine.set(migrationId, { maxBatchSize: 50 })).toMatchObject({ maxBatchSize: 50 })
  expect(await engine.set(migrationId, { maxBatchSize: null })).toMatchObject({ maxBatchSize: null })
  await engine.run(migrationId)
  await expect(engine.set(migrationId, { pauseMs: 7 })).rejects.toMatchObject({ code: 'illegal_transition' })
})
