/** A parent's rows are its children's: the two are one table to the lease. */
import { expect, it } from 'vitest'
import { defineBatchedMigration, sql } from '../../src/catalogue/api.ts'
import type { BatchedMigrationDefinition } from '../../src/catalogue/definition.ts'
import { type Bundle, setup } from '../support/engine-setup.ts'

function hitOf(jobClassName: string, table: string): BatchedMigrationDefinition {
  return defineBatchedMigration({
    jobClassName,
    description: 'Counts a hit on every row.',
    table,
    column: 'id',
    batchSize: 4,
    subBatchSize: 2,
    pauseMs: 5,
    intervalSeconds: 0,
    perform: ({ subBatch }) => sql`UPDATE ${sql.ident(table)} SET hits = hits + 1 WHERE ${subBatch}`,
  })
}

const PARTITIONED = `CREATE TABLE items (id bigint PRIMARY KEY, hits integer NOT NULL DEFAULT 0) PARTITION BY RANGE (id);
  CREATE TABLE items_low PARTITION OF items FOR VALUES FROM (MINVALUE) TO (100) PARTITION BY RANGE (id);
  CREATE TABLE items_lowest PARTITION OF items_low FOR VALUES FROM (MINVALUE) TO (100);
  CREATE TABLE items_high PARTITION OF items FOR VALUES FROM (100) TO (MAXVALUE);
  INSERT INTO items SELECT generate_series(1, 150)`
const INHERITED = `CREATE TABLE items (id bigint PRIMARY KEY, hits integer NOT NULL DEFAULT 0);
  CREATE TABLE items_lowest (PRIMARY KEY (id)) INHERITS (items);
  INSERT INTO items SELECT generate_series(1, 20); INSERT INTO items_lowest SELECT generate_series(21, 40)`

async function queuedBoth(schema: string): Promise<Bundle & { parent: string; child: string }> {
  const definitions = [hitOf('HitParent', 'items'), hitOf('HitChild', 'items_lowest')]
  const bundle = await setup({ schema, definitions })
  const parent = await bundle.engine.queue({ jobClassName: 'HitParent', force: true })
  const child = await bundle.engine.queue({ jobClassName: 'HitChild' })
  return { ...bundle, parent: parent.migration.id, child: child.migration.id }
}

it.each([
  { what: 'a partition of a partition', schema: PARTITIONED },
  { what: 'a child by inheritance', schema: INHERITED },
])('a table and $what are not written at once, whichever comes first', async ({ schema }) => {
  const bundle = await queuedBoth(schema)
  for (const [first, second] of [
    [bundle.parent, bundle.child],
    [bundle.child, bundle.parent],
  ] as const) {
    const stop = new AbortController()
    const committed = bundle.until('sub_batch:committed', ({ migrationId }) => migrationId === first)
    const running = bundle.engine.run(first, { signal: stop.signal })
    await committed
    await expect(bundle.another().run(second)).rejects.toMatchObject({
      code: 'table_busy',
      message: expect.stringContaining(`migration ${first}`) as string,
    })
    stop.abort()
    await running
  }
  await bundle.engine.run(bundle.parent)
  await bundle.engine.run(bundle.child)
  expect(await bundle.query('SELECT hits FROM items WHERE id = 30')).toMatchObject([{ hits: 2 }])
  expect(await bundle.query('SELECT FROM tranche.table_leases')).toEqual([])
})

it('work drives a parent and its partition one after the other, the older first', async () => {
  const bundle = await queuedBoth(PARTITIONED)
  const started: string[] = []
  bundle.engine.on('job:started', ({ migrationId }) => started.push(migrationId))
  await bundle.engine.work({ once: true })
  expect(started).toEqual([bundle.parent])
})

it('a parent by inheritance is refused, since its unique index does not cover its children', async () => {
  const { engine } = await setup({ schema: INHERITED, definitions: [hitOf('HitParent', 'items')] })
  await expect(engine.queue({ jobClassName: 'HitParent' })).rejects.toMatchObject({
    code: 'column_not_unique',
    message: expect.stringContaining('items_lowest') as string,
  })
})
