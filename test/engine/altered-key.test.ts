import { expect, it } from 'vitest'
import { defineBatchedMigration, sql } from '../../src/catalogue/api.ts'
import { setup } from '../support/engine-setup.ts'

const definition = defineBatchedMigration({
  ...{ jobClassName: 'Altered', description: 'x', table: 'items', column: 'id', strategy: 'keyset' },
  ...{ batchSize: 10, subBatchSize: 5, pauseMs: 0 },
  perform: ({ subBatch }) => sql`UPDATE items SET hits = hits + 1 WHERE ${subBatch}`,
})

async function begun(type: string) {
  const bundle = await setup({
    schema: `CREATE TABLE items (id ${type} PRIMARY KEY, hits integer NOT NULL DEFAULT 0);
             INSERT INTO items SELECT n FROM generate_series(1, 100) AS n`,
    definitions: [definition],
  })
  const { migration } = await bundle.engine.queue({ jobClassName: 'Altered' })
  await bundle.engine.run(migration.id, { maxJobs: 3 })
  return { ...bundle, id: migration.id }
}

it.each([
  { from: 'bigint', to: 'text' },
  { from: 'text', to: 'bigint USING id::bigint' },
  { from: 'text COLLATE "C"', to: 'text COLLATE "en-x-icu"' },
])('keys that order otherwise since are refused, not taken for the end: $from, then $to', async ({ from, to }) => {
  const { engine, query, id } = await begun(from)
  await query(`ALTER TABLE items ALTER id TYPE ${to}`)
  const refusal = { code: 'column_unsupported', remedy: expect.stringContaining(`tranche requeue ${id}`) as string }
  await expect(engine.run(id)).rejects.toMatchObject(refusal)
  await expect(engine.finalize(id)).rejects.toMatchObject(refusal)
  expect(await engine.get(id)).toMatchObject({ status: 'active', rows: { scanned: 30 } })
  expect(await query('SELECT count(*)::int AS visited FROM items WHERE hits > 0')).toEqual([{ visited: 30 }])
})

it('a column that is altered under a run ends it with that reason, and the run goes on once it is altered back', async () => {
  const { engine, query, id } = await begun('bigint')
  const altered = new Promise((resolve, reject) => {
    const stop = engine.on('job:started', () => {
      stop()
      query('ALTER TABLE items ALTER id TYPE text').then(resolve, reject)
    })
  })
  await query('UPDATE tranche.batched_background_migrations SET pause_ms = 50')
  await expect(engine.run(id)).rejects.toMatchObject({ code: 'column_unsupported' })
  await altered

  await query('ALTER TABLE items ALTER id TYPE bigint USING id::bigint')
  expect(await engine.run(id)).toMatchObject({ reason: 'finished' })
  expect(await query('SELECT count(*)::int AS once FROM items WHERE hits = 1')).toEqual([{ once: 100 }])
})

it.each([
  { from: 'integer', to: 'bigint' },
  { from: 'varchar(10)', to: 'text' },
  { from: 'numeric(9, 2)', to: 'numeric' },
])('a wider type of the same order changes nothing: $from, then $to', async ({ from, to }) => {
  const { engine, query, id } = await begun(from)
  await query(`ALTER TABLE items ALTER id TYPE ${to}`)
  expect(await engine.run(id)).toMatchObject({ reason: 'finished' })
  expect(await query('SELECT count(*)::int AS once FROM items WHERE hits = 1')).toEqual([{ once: 100 }])
})
