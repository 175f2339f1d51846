import { expect, it } from 'vitest'
import { defineBatchedMigration, sql, z } from '../../src/catalogue/api.ts'
import { createEngine } from '../../src/engine/engine.ts'
import { sourceOf, testPorts } from '../support/engine-ports.ts'
import { openTestTarget, setup } from '../support/engine-setup.ts'
import { hitEvery, hitsTable } from '../support/hits.ts'
import type { TestDatabase } from '../support/test-database.ts'

const withArguments = defineBatchedMigration({
  jobClassName: 'WithArguments',
  description: 'Takes an object and an optional number.',
  table: 'items',
  column: 'id',
  queuedMigrationVersion: '20260101000000',
  arguments: { options: z.record(z.string(), z.unknown()), limit: z.number().optional() },
  perform: ({ subBatch }) => sql`UPDATE items SET hits = hits + 1 WHERE ${subBatch}`,
})

async function readRows(query: TestDatabase['query']): Promise<unknown> {
  return query(
    `SELECT m.min_value, m.max_value, m.status, m.batch_size, m.sub_batch_size, m.max_batch_size, m."interval", m.pause_ms,
            m.job_class_name, m.batch_class_name, m.table_name, m.column_name, m.job_arguments, m.total_tuple_count, m.gitlab_schema,
            m.queued_migration_version, m.started_at IS NOT NULL AS is_started, m.finished_at IS NOT NULL AS is_finished,
            f.next_bound, f.is_exhausted, d.table_oid::regclass::text AS table_oid, d.column_types, d.strategy
       FROM tranche.batched_background_migrations m
       JOIN tranche.planning_frontier f ON f.migration_id = m.id JOIN tranche.migration_details d ON d.migration_id = m.id ORDER BY m.id`,
  )
}

it('fixes the bounds and the knobs and becomes active, with everything written at once', async () => {
  const { engine, query, heard } = await setup({ schema: hitsTable(1_000), definitions: [hitEvery()] })

  const { duplicate, migration } = await engine.queue({
    jobClassName: 'HitEvery',
    intervalSeconds: 0,
    maxBatchSize: 500,
  })

  expect({ duplicate, status: migration.status }).toEqual({ duplicate: false, status: 'active' })
  expect(await readRows(query)).toEqual([
    {
      min_value: '3',
      max_value: '3000',
      status: 1,
      batch_size: 100,
      sub_batch_size: 10,
      max_batch_size: 500,
      interval: 0,
      pause_ms: 0,
      job_class_name: 'HitEvery',
      batch_class_name: 'PrimaryKeyBatchingStrategy',
      table_name: 'public.items',
      column_name: 'id',
      job_arguments: [],
      total_tuple_count: '1000',
      gitlab_schema: 'gitlab_main',
      queued_migration_version: null,
      is_started: true,
      is_finished: false,
      next_bound: null,
      is_exhausted: false,
      table_oid: 'items',
      column_types: ['bigint'],
      strategy: 'primary_key',
    },
  ])
  expect(await query('SELECT count(*)::int FROM tranche.batched_background_migration_jobs')).toEqual([{ count: 0 }])
  expect(heard).toEqual([
    { name: 'migration:queued', event: { migrationId: migration.id, jobClassName: 'HitEvery', duplicate: false } },
  ])
  expect(await engine.events(migration.id)).toMatchObject([
    { kind: 'queue', details: { batchSize: 100, min: ['3'], max: ['3000'], forced: false } },
  ])
})

it('keeps the definition as it was queued', async () => {
  const { engine, query } = await setup({ schema: hitsTable(1), definitions: [hitEvery()] })
  const { migration } = await engine.queue({ jobClassName: 'HitEvery' })
  const { definitionHash } = await engine.get(migration.id)
  expect(await query('SELECT hash, file, files FROM tranche.definition_snapshots')).toEqual([
    { hash: definitionHash, file: 'HitEvery.ts', files: { 'HitEvery.ts': 'HitEvery' } },
  ])
})

it('finds bounds, estimate and samples through the index, never by a scan of the table', async () => {
  const { database, query, engine } = await setup({ schema: hitsTable(50_000) })
  const target = openTestTarget(database)
  const ports = { ...testPorts(target), definitions: sourceOf([hitEvery()]) }

  const { migration } = await createEngine(ports).queue({ jobClassName: 'HitEvery' })
  // Whoever disconnects hands in its statistics.
  await target.close()

  const read = async (): Promise<unknown> =>
    query(`SELECT seq_tup_read, idx_tup_fetch > 0 AS used_index FROM pg_stat_user_tables WHERE relname = 'items'`)
  await expect.poll(read).toEqual([{ seq_tup_read: '0', used_index: true }])
  expect(await engine.get(migration.id)).toMatchObject({ minValue: '3', maxValue: '150000', totalTupleCount: 50_000 })
})

it('estimates what the scope leaves over', async () => {
  const { engine, query } = await setup({ schema: hitsTable(1_000), definitions: [hitEvery({ scope: sql`bad` })] })
  await query('UPDATE items SET bad = id % 10 = 0')
  await query('ANALYZE items')
  const { migration } = await engine.queue({ jobClassName: 'HitEvery' })
  expect(migration).toMatchObject({ minValue: '3', maxValue: '3000' })
  expect(Math.abs((migration.totalTupleCount ?? 0) - 100)).toBeLessThan(30)
})

it('is finished at once, without jobs, on an empty table', async () => {
  const { engine } = await setup({ schema: hitsTable(0), definitions: [hitEvery()] })
  const { migration } = await engine.queue({ jobClassName: 'HitEvery', isPaused: true })
  expect(migration).toMatchObject({
    status: 'finished',
    minValue: '0',
    maxValue: '0',
    totalTupleCount: 0,
    startedAt: null,
  })
  expect(migration.finishedAt).not.toBeNull()
  expect(await engine.run(migration.id)).toMatchObject({ reason: 'nothing_to_do', done: true, jobsRun: 0 })
  expect(await engine.verify(migration.id)).toMatchObject({ holds: true, proven: 'coverage-only' })
})

it.each([
  { ids: [1], min: '1', max: '1', jobs: 1 },
  { ids: [-5, 0, 7], min: '-5', max: '7', jobs: 1 },
  {
    ids: ['-9223372036854775808', '9223372036854775807', 0],
    min: '-9223372036854775808',
    max: '9223372036854775807',
    jobs: 1,
  },
  { ids: [0], min: '0', max: '0', jobs: 1 },
])('processes every row of a table with the ids $ids', async ({ ids, min, max, jobs }) => {
  const { engine, query } = await setup({ schema: hitsTable(0), definitions: [hitEvery()] })
  await query(`INSERT INTO items (id) SELECT unnest($1::bigint[])`, [ids])

  const { migration } = await engine.queue({ jobClassName: 'HitEvery' })
  const { reason, jobsRun } = await engine.run(migration.id)
  const verification = await engine.verify(migration.id)

  expect(migration).toMatchObject({ status: 'active', minValue: min, maxValue: max })
  expect({ reason, jobsRun, holds: verification.holds }).toEqual({ reason: 'finished', jobsRun: jobs, holds: true })
  expect(verification.newAfterQueueing).toEqual({ aboveMaximum: 0, betweenJobs: 0, isCapped: false })
  expect(await query('SELECT DISTINCT hits FROM items')).toEqual([{ hits: 1 }])
})

it.each([
  { asked: { min: '10' }, stored: ['10', '30'], hit: [12, 15, 18, 21, 24, 27, 30] },
  { asked: { max: '10' }, stored: ['3', '10'], hit: [3, 6, 9] },
  {
    asked: { min: '-100', max: '9223372036854775807' },
    stored: ['-100', '9223372036854775807'],
    hit: [3, 6, 9, 12, 15, 18, 21, 24, 27, 30],
  },
  { asked: { min: '12', max: '12' }, stored: ['12', '12'], hit: [12] },
  { asked: { min: '007', max: '9' }, stored: ['7', '9'], hit: [9] },
])('takes the range that was asked for: $asked', async ({ asked, stored, hit }) => {
  const { engine, query } = await setup({
    schema: hitsTable(10),
    definitions: [hitEvery({ batchSize: 3, subBatchSize: 2 })],
  })

  const { migration } = await engine.queue({ jobClassName: 'HitEvery', ...asked })
  const { reason } = await engine.run(migration.id)

  expect([migration.minValue, migration.maxValue]).toEqual(stored)
  expect(reason).toBe('finished')
  expect(await engine.verify(migration.id)).toMatchObject({ holds: true })
  expect((await query('SELECT id::int FROM items WHERE hits = 1 ORDER BY id')).map(({ id }) => id as number)).toEqual(
    hit,
  )
})

it.each([{ min: '31' }, { max: '2' }, { min: '13', max: '14' }])(
  'is finished at once where the range that was asked for holds no row: %j',
  async (asked) => {
    const { engine } = await setup({ schema: hitsTable(10), definitions: [hitEvery()] })
    const { migration } = await engine.queue({ jobClassName: 'HitEvery', ...asked })
    const only = asked.min ?? asked.max
    expect(migration).toMatchObject({ status: 'finished', minValue: only, maxValue: only })
  },
)

it('answers the same configuration again with the row that is there, whatever the order of keys', async () => {
  const { engine, query, heard } = await setup({ schema: hitsTable(5), definitions: [withArguments] })
  const first = await engine.queue({ jobClassName: 'WithArguments', jobArguments: [{ a: 1, b: [2, 3] }] })

  const second = await engine.queue({
    jobClassName: 'WithArguments',
    jobArguments: [{ b: [2, 3], a: 1 }],
    batchSize: 5_000,
  })

  expect(second).toEqual({ duplicate: true, migration: first.migration, warnings: [] })
  expect(await query('SELECT count(*)::int FROM tranche.batched_background_migrations')).toEqual([{ count: 1 }])
  expect(heard.map(({ event }) => (event as { duplicate: boolean }).duplicate)).toEqual([false, true])
})

it('queues the same class with other arguments, or with one more, as a migration of its own', async () => {
  const { engine, query } = await setup({ schema: hitsTable(5), definitions: [withArguments] })
  for (const jobArguments of [[{ b: [3, 2] }], [{ b: [2, 3] }], [{ b: [2, 3] }, 1]]) {
    expect(await engine.queue({ jobClassName: 'WithArguments', jobArguments })).toMatchObject({ duplicate: false })
  }
  // The version belongs to the first queueing: the column is unique.
  expect(
    await query('SELECT queued_migration_version AS v FROM tranche.batched_background_migrations ORDER BY id'),
  ).toEqual([{ v: '20260101000000' }, { v: null }, { v: null }])
  await expect(engine.get('WithArguments')).rejects.toMatchObject({ code: 'ambiguous_migration' })
})

it('writes one row when several people queue the same at the same moment', async () => {
  const { engine, another, query } = await setup({ schema: hitsTable(100), definitions: [withArguments] })
  const engines = [engine, another(), another(), another()]

  const outcomes = await Promise.all(
    engines.map((each) => each.queue({ jobClassName: 'WithArguments', jobArguments: [{}] })),
  )
  const others = await Promise.all(
    engines.map((each, index) => each.queue({ jobClassName: 'WithArguments', jobArguments: [{ index }] })),
  )

  expect(outcomes.map(({ duplicate }) => duplicate).sort()).toEqual([false, true, true, true])
  expect(new Set(outcomes.map(({ migration }) => migration.id)).size).toBe(1)
  expect(others.map(({ duplicate }) => duplicate)).toEqual([false, false, false, false])
  expect(
    await query(
      'SELECT count(*)::int AS rows, count(queued_migration_version)::int AS versions FROM tranche.batched_background_migrations',
    ),
  ).toEqual([{ rows: 5, versions: 1 }])
})

it('can be queued paused, and runs once it is resumed', async () => {
  const { engine, query } = await setup({ schema: hitsTable(5), definitions: [hitEvery()] })
  const { migration } = await engine.queue({ jobClassName: 'HitEvery', isPaused: true })
  expect(migration).toMatchObject({ status: 'paused', startedAt: null })
  await expect(engine.run(migration.id)).rejects.toMatchObject({ code: 'migration_paused' })

  await engine.resume(migration.id)

  expect(await engine.run(migration.id)).toMatchObject({ reason: 'finished' })
  expect(await query('SELECT DISTINCT hits FROM items')).toEqual([{ hits: 1 }])
})
