/** Deadlocks and serialization failures as servers really make them, between a sub-batch and somebody else's transaction. */
import { expect, it } from 'vitest'
import { defineBatchedMigration, sql } from '../../src/catalogue/api.ts'
import type { EngineEvents } from '../../src/engine/events.ts'
import { type Bundle, setup } from '../support/engine-setup.ts'
import { hits, jobs, queued } from '../support/queued.ts'
import { begin, untilSomebodyWaits } from '../support/raced.ts'

it('a deadlock with another transaction costs no attempt and no row', async () => {
  const bundle = await queued(10)
  const repeated = repetitionsOf(bundle)
  // Ours notices first, so that ours is the one that is given up.
  const other = await begin(bundle, `SET LOCAL deadlock_timeout = '1min'`, 'SELECT FROM items WHERE id = 30 FOR UPDATE')

  const running = bundle.engine.run(bundle.migrationId)
  await untilSomebodyWaits(bundle)
  await other.query('SELECT FROM items WHERE id = 3 FOR UPDATE')
  await other.query('COMMIT')

  expect(await running).toMatchObject({ reason: 'finished' })
  expect(repeated).toContain('40P01')
  expect(await jobs(bundle)).toMatchObject([{ status: 3, attempts: 1 }])
  expect(await hits(bundle)).toEqual([{ hits: 1, count: 10 }])
})

it('a row that moves to another partition under a sub-batch costs no attempt, and is visited once', async () => {
  const definition = defineBatchedMigration({
    jobClassName: 'HitEvery',
    description: 'x',
    table: 'items',
    column: 'id',
    pauseMs: 0,
    perform: ({ subBatch }) => sql`UPDATE items SET hits = hits + 1 WHERE ${subBatch}`,
  })
  const bundle = await setup({
    schema: `CREATE TABLE items (id bigint, side integer, hits integer NOT NULL DEFAULT 0, PRIMARY KEY (id, side)) PARTITION BY LIST (side);
             CREATE TABLE items_left PARTITION OF items FOR VALUES IN (1); CREATE TABLE items_right PARTITION OF items FOR VALUES IN (2);
             INSERT INTO items SELECT n, 1 FROM generate_series(1, 10) AS n`,
    definitions: [definition],
  })
  const { migration } = await bundle.engine.queue({ jobClassName: 'HitEvery', force: true })
  const repeated = repetitionsOf(bundle)
  const other = await begin(bundle, 'UPDATE items SET side = 2 WHERE id = 5')

  const running = bundle.engine.run(migration.id)
  await untilSomebodyWaits(bundle)
  await other.query('COMMIT')

  expect(await running).toMatchObject({ reason: 'finished' })
  expect(repeated).toContain('40001')
  expect(await jobs(bundle)).toMatchObject([{ status: 3, attempts: 1 }])
  expect(await hits(bundle)).toEqual([{ hits: 1, count: 10 }])
})

it.each([
  {
    what: 'planning',
    lock: 'LOCK TABLE items IN ACCESS EXCLUSIVE MODE',
    waitingFor: 'another session holds a lock that the next job needs',
  },
  {
    what: 'a sub-batch',
    lock: 'SELECT FROM items WHERE id = 3 FOR UPDATE',
    waitingFor: 'another session holds a lock on the rows that are next, or on their table',
  },
])('a lock of somebody else that $what waits for is told while it lasts', async ({ lock, waitingFor }) => {
  const bundle = await queued(10)
  const other = await begin(bundle, lock)

  const running = bundle.engine.run(bundle.migrationId)
  await bundle.until('run:progress', (progress) => progress.waitingFor === waitingFor)
  await other.query('COMMIT')

  expect(await running).toMatchObject({ reason: 'finished', jobsFailed: 0 })
  const told = bundle.heard.filter(({ name }) => name === 'run:progress').at(-1)?.event
  expect(told, 'no longer, once it goes on').toMatchObject({ waitingFor: null })
})

function repetitionsOf({ engine }: Bundle): string[] {
  const sqlstates: string[] = []
  engine.on('sub_batch:repeated', ({ sqlstate }: EngineEvents['sub_batch:repeated']) => sqlstates.push(sqlstate))
  return sqlstates
}
