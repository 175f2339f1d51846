import { expect, it } from 'vitest'
import { defineBatchedMigration, sql } from '../../src/catalogue/api.ts'
import type { BatchedMigrationDefinition } from '../../src/catalogue/definition.ts'
import { setup } from '../support/engine-setup.ts'

/** Hits every row of a table under whatever name and column. */
function hitOf(table: string, column: string | string[] = 'id'): BatchedMigrationDefinition {
  const name = sql.ident(...table.split('.'))
  return defineBatchedMigration({
    jobClassName: 'HitOdd',
    description: 'Counts a hit on every row.',
    table,
    column,
    batchSize: 4,
    subBatchSize: 2,
    pauseMs: 0,
    perform: ({ subBatch }) => sql`UPDATE ${name} SET hits = hits + 1 WHERE ${subBatch}`,
  })
}

it.each([
  {
    sqlTable: 'CREATE SCHEMA "App.x"',
    table: 'public.Mixed Case',
    column: 'Id',
    create: '"Mixed Case" ("Id" bigint PRIMARY KEY',
  },
  {
    sqlTable: 'CREATE SCHEMA "Ünïcode"',
    table: 'Ünïcode.select',
    column: 'from',
    create: '"Ünïcode"."select" ("from" smallint PRIMARY KEY',
  },
  {
    sqlTable: '',
    table: `o'clock`,
    column: 'integer id',
    create: `"o'clock" ("integer id" integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY`,
  },
  {
    sqlTable: '',
    table: 'keys',
    column: 'number',
    create: 'keys ("number" integer NOT NULL, UNIQUE ("number") INCLUDE (hits)',
  },
  { sqlTable: '', table: 'a$1', column: '$2', create: '"a$1" ("$2" bigint PRIMARY KEY' },
])('runs over the table $table and its column $column', async ({ sqlTable, table, column, create }) => {
  const { engine, query } = await setup({
    schema: `${sqlTable}; CREATE TABLE ${create}, hits integer NOT NULL DEFAULT 0)`,
    definitions: [hitOf(table, column)],
  })
  const name = table
    .split('.')
    .map((part) => `"${part}"`)
    .join('.')
  await query(`INSERT INTO ${name} ("${column}") OVERRIDING SYSTEM VALUE SELECT n * 7 FROM generate_series(-3, 8) AS n`)

  const { migration } = await engine.queue({ jobClassName: 'HitOdd', max: '9223372036854775807' })
  await engine.run(migration.id)
  const { migration: finalized } = await engine.finalize(migration.id)

  expect({ status: finalized.status, min: finalized.minValue }).toEqual({ status: 'finalized', min: '-21' })
  expect(await query(`SELECT hits, count(*)::int FROM ${name} GROUP BY hits`)).toEqual([{ hits: 1, count: 12 }])
  expect((await engine.report(migration.id)).samples).toHaveLength(12)
})

it('runs over a partitioned table', async () => {
  const { engine, query } = await setup({
    schema: `CREATE TABLE items (id bigint PRIMARY KEY, hits integer NOT NULL DEFAULT 0) PARTITION BY RANGE (id);
             CREATE TABLE items_low PARTITION OF items FOR VALUES FROM (MINVALUE) TO (10);
             CREATE TABLE items_high PARTITION OF items FOR VALUES FROM (10) TO (MAXVALUE);
             INSERT INTO items SELECT generate_series(1, 25)`,
    definitions: [hitOf('items')],
  })
  const { migration } = await engine.queue({ jobClassName: 'HitOdd' })
  expect(await engine.run(migration.id)).toMatchObject({ reason: 'finished', jobsRun: 7 })
  expect(await query('SELECT hits, count(*)::int FROM items GROUP BY hits')).toEqual([{ hits: 1, count: 25 }])
})

it('visits every row once under --force, also where a value straddles the borders of sub-batches and jobs', async () => {
  const { engine, query } = await setup({
    schema: `CREATE TABLE items (id bigint, n serial, hits integer NOT NULL DEFAULT 0);
             CREATE INDEX ON items (id);
             INSERT INTO items (id) SELECT n / 5 FROM generate_series(0, 49) AS n;
             INSERT INTO items (id) SELECT 6 FROM generate_series(1, 20)`,
    definitions: [hitOf('items')],
  })
  await expect(engine.queue({ jobClassName: 'HitOdd' })).rejects.toMatchObject({ code: 'column_not_unique' })

  const { migration, warnings } = await engine.queue({ jobClassName: 'HitOdd', force: true })
  expect(warnings.map(({ detail }) => detail)).toEqual([
    'id may be NULL: such rows are not visited',
    expect.stringContaining('no valid, complete unique index covers exactly the batch column "id"') as string,
  ])
  const { reason } = await engine.run(migration.id)

  expect(reason).toBe('finished')
  expect(await query('SELECT hits, count(*)::int FROM items GROUP BY hits')).toEqual([{ hits: 1, count: 70 }])
  expect(await engine.verify(migration.id)).toMatchObject({
    holds: true,
    newAfterQueueing: { aboveMaximum: 0, betweenJobs: 0 },
  })
})
