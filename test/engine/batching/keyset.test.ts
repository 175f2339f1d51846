import { expect, it } from 'vitest'
import { sql } from '../../../src/catalogue/api.ts'
import { setup } from '../../support/engine-setup.ts'
import { hitByKey, keyedTable } from '../../support/keyed-table.ts'

const JOBS = `SELECT min_value, max_value, min_cursor AS min, max_cursor AS max
                FROM tranche.batched_background_migration_jobs ORDER BY id`

it('visits a composite key from its first row to its last, both included', async () => {
  const { engine, query } = await setup({
    schema: `${keyedTable({ a: 'bigint', b: 'bigint' })};
             INSERT INTO public.items (a, b) VALUES (1, 100), (2, 200), (3, 300)`,
    definitions: [hitByKey({ column: ['a', 'b'], batchSize: 2, subBatchSize: 1 })],
  })

  const { migration } = await engine.queue({ jobClassName: 'HitByKey' })
  const { reason } = await engine.run(migration.id)

  expect(migration).toMatchObject({
    strategy: 'KeysetBatchingStrategy',
    minValue: null,
    maxValue: null,
    minCursor: ['1', '100'],
    maxCursor: ['3', '300'],
  })
  expect(reason).toBe('finished')
  expect(await query('SELECT a::int, hits FROM items ORDER BY a')).toEqual([
    { a: 1, hits: 1 },
    { a: 2, hits: 1 },
    { a: 3, hits: 1 },
  ])
  expect(await query(JOBS)).toEqual([
    { min_value: null, max_value: null, min: [1, 100], max: [2, 200] },
    { min_value: null, max_value: null, min: [3, 300], max: [3, 300] },
  ])
  expect(await engine.verify(migration.id)).toMatchObject({ holds: true, proven: 'coverage-only' })
})

const TYPES: readonly (readonly [type: string, values: readonly string[]])[] = [
  ['uuid', ['00000000-0000-0000-0000-000000000000', 'ffffffff-ffff-ffff-ffff-ffffffffffff']],
  ['timestamptz', ['-infinity', '0044-03-15 12:00:00+00 BC', '2026-03-29 01:59:59.999999+00', 'infinity']],
  ['timestamp(3)', ['1999-12-31 23:59:59.999', '2000-01-01 00:00:00']],
  ['date', ['2026-02-28', '2026-03-01', '0001-01-01 BC']],
  ['interval', ['-1 day', '1 mon -1 day +00:00:01', '1 year']],
  ['numeric', ['-1e-20', '0.10', '12345678901234567890.123456789', 'NaN']],
  ['numeric(12,2)', ['-0.01', '0.00', '10.50']],
  ['double precision', ['-Infinity', '0.1', '0.30000000000000004', '5e-324', 'NaN']],
  ['text', ['', ' ', '"', "'", '\\', '{a,b}', 'NULL', 'ä', 'a', 'B', '\u{1F600}']],
  ['text COLLATE "C"', ['B', 'a', 'Ä', '"', ',']],
  ['character(3)', ['a', 'ab', 'abc']],
  ['boolean', ['f', 't']],
  ['bytea', ['\\x', '\\x00', '\\xff']],
  ['inet', ['10.0.0.0/8', '10.0.0.1', '::1']],
  ['cidr', ['10.0.0.0/8', '::/0']],
  ['bit varying(8)', ['0', '01', '1']],
  ['integer[]', ['{}', '{1,2}', '{1,NULL}']],
  ['public.mood', ['sad', 'ok', 'happy']],
  ['public.positive', ['1', '2', '9223372036854775807']],
  ['daterange', ['empty', '[2026-01-01,2026-02-01)']],
  ['"char"', ['a', 'b']],
  ['oid', ['0', '4294967295']],
]

it('visits every row by a key of any type that has an order', async () => {
  const tables = TYPES.map(([type, values], index) => ({ type, values, table: `items_${String(index)}` }))
  const { engine, query } = await setup({
    schema: `CREATE TYPE public.mood AS ENUM ('sad', 'ok', 'happy');
             CREATE DOMAIN public.positive AS bigint CHECK (value > 0);
             ${tables.map(({ type, table }) => keyedTable({ a: 'smallint', k: type }, table)).join(';')}`,
    definitions: tables.map(({ table }) =>
      hitByKey({ jobClassName: table, table, column: ['a', 'k'], batchSize: 2, subBatchSize: 1 }),
    ),
  })

  for (const { type, values, table } of tables) {
    await query(
      `INSERT INTO ${table} (a, k) SELECT a, k::${type.replace(/ COLLATE.*/, '')}
         FROM unnest($1::text[]) AS k, generate_series(1, 2) AS a`,
      [values],
    )
    const { migration } = await engine.queue({ jobClassName: table })
    const { reason } = await engine.run(migration.id)
    const { holds, newAfterQueueing } = await engine.verify(migration.id)
    const [hits] = await query(`SELECT count(*)::int, min(hits), max(hits) FROM ${table}`)
    expect({ type, reason, holds, newAfterQueueing, hits }).toEqual({
      type,
      reason: 'finished',
      holds: true,
      newAfterQueueing: { aboveMaximum: 0, betweenJobs: 0, isCapped: false },
      hits: { count: 2 * values.length, min: 1, max: 1 },
    })
  }
})

it.each([
  ['', null],
  [' by rows read', 3],
])(
  'visits every key that has no NULL in it where NULLs are forced, and counts the others%s',
  async (_how, scanRows) => {
    const { engine, query } = await setup({
      schema: `CREATE TABLE public.items (a bigint, b bigint, hits integer NOT NULL DEFAULT 0, bad boolean NOT NULL DEFAULT false);
             CREATE UNIQUE INDEX ON public.items (a, b);
             INSERT INTO public.items (a, b) VALUES (1, 1), (1, NULL), (1, 2), (2, NULL), (2, 1), (2, 2), (3, NULL), (NULL, 4)`,
      definitions: [hitByKey({ column: ['a', 'b'], batchSize: 2, subBatchSize: 1, scope: sql`NOT bad` })],
    })

    const { migration } = await engine.queue({ jobClassName: 'HitByKey', force: true })
    await query('UPDATE tranche.planning_frontier SET scan_rows = $1', [scanRows])

    expect(migration).toMatchObject({ minCursor: ['1', '1'], maxCursor: ['2', '2'] })
    expect(await engine.run(migration.id)).toMatchObject({ reason: 'finished' })
    expect(
      await query('SELECT a IS NULL OR b IS NULL AS has_null, hits, count(*)::int FROM items GROUP BY 1, 2 ORDER BY 1'),
    ).toEqual([
      { has_null: false, hits: 1, count: 4 },
      { has_null: true, hits: 0, count: 4 },
    ])
    expect(await engine.verify(migration.id)).toMatchObject({
      holds: true,
      exceptions: [{ name: 'a or b is NULL', count: 4 }],
      newAfterQueueing: { aboveMaximum: 0, betweenJobs: 0 },
    })
  },
)

it('says that rows inserted meanwhile may or may not be visited where keys are random', async () => {
  const { engine } = await setup({ schema: keyedTable({ k: 'uuid' }), definitions: [hitByKey({ column: 'k' })] })

  const { preflight, strategy } = await engine.plan({ jobClassName: 'HitByKey' })
  const { migration } = await engine.queue({ jobClassName: 'HitByKey' })

  expect(strategy).toBe('keyset')
  expect(preflight.find(({ name }) => name === 'random keys')).toMatchObject({ outcome: 'warns' })
  const [queued] = await engine.events(migration.id)
  expect(queued?.details.warnings).toEqual(['k is a uuid: rows inserted after queueing may or may not be visited'])
})
