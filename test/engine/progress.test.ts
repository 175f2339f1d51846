import { expect, it } from 'vitest'
import { defineBatchedMigration, sql } from '../../src/catalogue/api.ts'
import { setup } from '../support/engine-setup.ts'

const KEYS = [
  { key: 'two integers', columns: ['a', 'b'], types: ['bigint', 'bigint'], values: 'n / 10, n' },
  { key: 'a moment', columns: ['a'], types: ['timestamptz'], values: `'2026-01-01'::timestamptz + n * interval '1 h'` },
  { key: 'a uuid', columns: ['a'], types: ['uuid'], values: `(lpad(to_hex(n), 8, '0') || repeat('0', 24))::uuid` },
  { key: 'a number', columns: ['a'], types: ['numeric'], values: 'n / 8.0' },
]

/** 400 rows, of which the first half is run. */
async function halfway(columns: readonly string[], types: readonly string[], values: string) {
  const definition = defineBatchedMigration({
    ...{ jobClassName: 'Half', description: 'x', table: 'items', column: columns },
    ...{ strategy: 'keyset', batchSize: 200, subBatchSize: 50, pauseMs: 0 },
    perform: ({ subBatch }) => sql`UPDATE items SET hits = hits + 1 WHERE ${subBatch}`,
  })
  const { engine } = await setup({
    schema: `CREATE TABLE items (${columns.map((name, index) => `${name} ${types[index] ?? ''}`).join(', ')},
               hits integer NOT NULL DEFAULT 0, PRIMARY KEY (${columns.join(', ')}));
             INSERT INTO items SELECT ${values} FROM generate_series(1, 400) AS n; ANALYZE items`,
    definitions: [definition],
  })
  const { migration } = await engine.queue({ jobClassName: 'Half' })
  expect(migration.minCursor).toHaveLength(columns.length)
  await engine.run(migration.id, { maxJobs: 1 })
  return (await engine.get(migration.id)).progress
}

it.each(KEYS)('progress by key is known of cursors too: $key', async ({ columns, types, values }) => {
  const { percentByKey, percentByRows } = await halfway(columns, types, values)
  expect(percentByRows).toBeCloseTo(50, 0)
  expect(percentByKey).toBeGreaterThan(40)
  expect(percentByKey).toBeLessThan(60)
})

it('progress by key looks at the frontier and at jobs that are not through, and at no others', async () => {
  const { engine, query } = await setup({
    schema: `CREATE TABLE items (id bigint PRIMARY KEY, hits integer NOT NULL DEFAULT 0);
             INSERT INTO items SELECT n FROM generate_series(1, 800) AS n; ANALYZE items`,
    definitions: [
      defineBatchedMigration({
        ...{ jobClassName: 'StopAt175', description: 'x', table: 'items', column: 'id' },
        ...{ batchSize: 100, subBatchSize: 50, pauseMs: 0 },
        perform: ({ subBatch }) => sql`UPDATE items SET hits = 1 / (id - 175) WHERE ${subBatch}`,
      }),
    ],
  })
  const { id } = (await engine.queue({ jobClassName: 'StopAt175' })).migration
  expect((await engine.get(id)).progress.percentByKey).toBe(0)

  await engine.run(id, { maxJobs: 4 })
  expect((await engine.get(id)).progress.percentByKey, '400 keys, but for 151 to 200').toBe(43.75)
  await query(`UPDATE tranche.job_progress SET planned_to = '{999999}' WHERE "cursor" = planned_to`)
  expect((await engine.get(id)).progress.percentByKey).toBe(43.75)
})

it('keys between which there is no distance have no position, and that is said', async () => {
  const progress = await halfway(['a'], ['text'], `'key ' || n`)
  expect(progress).toMatchObject({ percentByKey: null, percentByRows: 50 })
  expect(progress.unknownBecause).toMatch(/text|distance|position/)
})

it('a range that begins or ends at infinity has no length, and that is said', async () => {
  const moments = `CASE n WHEN 1 THEN '-infinity' ELSE '2026-01-01'::timestamptz + n * interval '1 h' END`
  const progress = await halfway(['a'], ['timestamptz'], moments)
  expect(progress).toMatchObject({ percentByKey: null, percentByRows: 50 })
  expect(progress.unknownBecause).toMatch(/infinity/)
})
