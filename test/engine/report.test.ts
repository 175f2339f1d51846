import { expect, it } from 'vitest'
import { check, sql } from '../../src/catalogue/api.ts'
import { parseExactly } from '../../src/engine/exact-json.ts'
import { define, finished, performed, queued } from '../support/performed.ts'

it('states what ran, with the numbers that SQL finds', async () => {
  const { engine, migrationId, query, database } = await finished({
    verify: [check.none('none missed', sql`SELECT id FROM items WHERE hits <> 1`)],
  })
  const { migration: finalized } = await engine.finalize(migrationId)

  const report = await engine.report(migrationId)

  const [truth] = await query(
    `SELECT count(*)::int AS jobs, sum(extract(epoch FROM finished_at - started_at))::float8 AS seconds,
            (SELECT sum(scanned)::int FROM tranche.job_progress) AS scanned,
            to_char(min(created_at) AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') AS first_at, current_setting('server_version') AS version
       FROM tranche.batched_background_migration_jobs WHERE status = 3`,
  )
  expect(report).toMatchObject({
    migration: {
      ...finalized,
      jobs: { succeeded: truth?.jobs as number },
      rows: { scanned: truth?.scanned as number, changed: 12 },
      progress: { percentByKey: 100 },
    },
    description: 'x',
    target: { database: database.connection.database, serverVersion: truth?.version as string },
    timing: {
      queuedAt: finalized.createdAt,
      startedAt: truth?.first_at as string,
      finishedAt: finalized.finishedAt,
      workSeconds: truth?.seconds as number,
    },
    failures: { groups: [], jobs: [] },
    verification: { holds: true, proven: 'checks', checks: [{}, {}, { name: 'none missed', holds: true }] },
    sampleColumns: null,
  })
  expect(report.timing.rowsPerSecond).toBeCloseTo(12 / (truth?.seconds as number), 6)
  expect(report.events.map(({ kind }) => kind)).toEqual([
    'queue',
    'run',
    'finished',
    'run_ended',
    'finalize',
    'verify',
    'finalized',
  ])
})

it('says what is not known yet of one that has not run', async () => {
  const { engine, migrationId } = await queued()
  expect(await engine.report(migrationId)).toMatchObject({
    migration: { status: 'active', progress: { percentByKey: 0, percentByRows: 0, unknownBecause: null } },
    timing: { startedAt: null, finishedAt: null, workSeconds: 0, rowsPerSecond: null },
    verification: null,
  })
})

it('leaves jobs that were interrupted out of the rate, whose rows and seconds do not belong together', async () => {
  const { engine, migrationId, query } = await finished()
  await query('UPDATE tranche.batched_background_migration_jobs SET attempts = 2 WHERE min_value < 27')
  await query(`UPDATE tranche.batched_background_migration_jobs SET started_at = finished_at - interval '2 seconds'`)
  expect((await engine.report(migrationId)).timing).toMatchObject({ workSeconds: 6, rowsPerSecond: 2 })
})

it('shows up to twenty rows before and after, spread over the range and in scope, without losing a digit', async () => {
  const large = '9007199254740993'
  const { engine, query, migrationId } = await performed(
    define(({ subBatch }) => sql`UPDATE items SET hits = hits + 1, total = total + 1 WHERE ${subBatch}`, {
      scope: sql`NOT bad`,
    }),
    `ALTER TABLE items ADD total bigint DEFAULT ${large}, ADD price numeric(10,2) DEFAULT 1.10, ADD at timestamptz DEFAULT '2026-01-02 03:04:05+00';
     INSERT INTO items (id, bad) SELECT n, n % 2 = 0 FROM generate_series(101, 1100) AS n; ANALYZE items`,
  )
  await engine.run(migrationId)
  await query('DELETE FROM items WHERE id = 3')

  const { samples } = await engine.report(migrationId)

  const ids = samples.map(({ key }) => Number(key[0]))
  expect(ids).toEqual([...ids].sort((left, right) => left - right))
  expect([ids.length, ids[0], ids.at(-1), ids.some((id) => id > 20 && id % 2 === 0)]).toEqual([20, 3, 1099, false])
  expect(Math.max(...ids.map((id, index) => id - (ids[index - 1] ?? id)))).toBeLessThan(200)
  expect(samples[0]?.after).toBeNull()
  expect(samples.at(-1)).toEqual({
    key: ['1099'],
    before: { id: 1099, hits: 0, bad: false, total: large, price: '1.10', at: '2026-01-02T03:04:05+00:00' },
    after: { id: 1099, hits: 1, bad: false, total: '9007199254740994', price: '1.10', at: '2026-01-02T03:04:05+00:00' },
  })
})

it('shows the columns that the definition names, and stands when one of them is gone', async () => {
  const { engine, query, migrationId } = await finished({ samples: { columns: ['id', 'hits'] } })
  const first = await engine.report(migrationId)
  await query('ALTER TABLE items DROP COLUMN hits')
  const second = await engine.report(migrationId)
  expect(first.sampleColumns).toEqual(['id', 'hits'])
  expect([first.samples[0], second.samples[0]]).toEqual([
    { key: ['3'], before: { id: 3, hits: 0 }, after: { id: 3, hits: 1 } },
    { key: ['3'], before: { id: 3, hits: 0 }, after: { id: 3 } },
  ])
})

it.each(['DROP TABLE items', 'ALTER TABLE items RENAME COLUMN id TO number'])(
  'stands without the table as it was: %s',
  async (change) => {
    const { engine, query, migrationId } = await finished()
    await engine.verify(migrationId)
    await query(change)
    expect(await engine.report(migrationId)).toMatchObject({
      samples: [],
      verification: { holds: true },
      migration: { status: 'finished' },
    })
  },
)

it('stands without the definition, and without samples where they are turned off', async () => {
  const { engine, another, query, migrationId } = await finished({ samples: false })
  expect(await query('SELECT * FROM tranche.samples')).toEqual([])
  const forgetful = another({ definitions: { find: () => undefined, list: () => [] } })
  expect(await engine.report(migrationId)).toMatchObject({ samples: [], description: 'x' })
  expect(await forgetful.report(migrationId)).toMatchObject({ samples: [], description: null, sampleColumns: null })
})

it('never shows 100 percent before it is finished, and shows it from then on', async () => {
  const { engine, migrationId, query } = await queued()
  const read = async (): Promise<unknown> => {
    const { percentByKey, percentByRows, unknownBecause } = (await engine.get(migrationId)).progress
    return [percentByKey, percentByRows, unknownBecause !== null]
  }
  const seen = [await read()]
  await query('UPDATE tranche.batched_background_migrations SET total_tuple_count = 100')
  await engine.run(migrationId, { maxJobs: 1 })
  seen.push(await read())
  await query('UPDATE tranche.batched_background_migrations SET total_tuple_count = 3')
  await engine.run(migrationId, { maxJobs: 1 })
  await query(`UPDATE tranche.planning_frontier SET next_bound = '{36}'`)
  seen.push(await read())
  await query('UPDATE tranche.batched_background_migrations SET total_tuple_count = NULL')
  seen.push(await read())
  await query('UPDATE tranche.batched_background_migrations SET total_tuple_count = 0, status = 3')
  seen.push(await read())
  expect(seen).toEqual([
    [0, 0, false],
    [expect.closeTo((100 * 10) / 34, 6) as unknown, 4, false],
    [99.9, 99.9, false],
    [99.9, null, true],
    [100, 100, false],
  ])
})

it('lists all migrations, oldest first, with everything about them', async () => {
  const { engine, migrationId } = await finished()
  const [state] = await engine.list()
  expect(state).toEqual(await engine.get(migrationId))
  expect(await engine.get('Performed')).toEqual(state)
  await expect(engine.get('Nowhere')).rejects.toMatchObject({ code: 'unknown_migration' })
})

it('reads numbers of JSON without changing them', () => {
  const text = '{"a": 9007199254740993, "b": [1.10, 1.5, -0], "c": "7", "d": 1e400, "e": null}'
  expect(parseExactly(text)).toEqual({ a: '9007199254740993', b: ['1.10', 1.5, '-0'], c: '7', d: '1e400', e: null })
})
