import { expect, it } from 'vitest'
import { defineBatchedMigration, eachRow, sql, unresolved, values } from '../../src/catalogue/api.ts'
import type { EachRow } from '../../src/catalogue/definition.ts'
import { loadedOf, sourceOf } from '../support/engine-ports.ts'
import { type Bundle, setup } from '../support/engine-setup.ts'
import { inProcessTransformer } from '../support/in-process-transformer.ts'
import { failureOf } from '../support/performed.ts'

const SCHEMA = `CREATE TABLE items (id bigint PRIMARY KEY, doc jsonb, price numeric(10, 2), at timestamptz, name text);
  INSERT INTO items SELECT n, jsonb_build_object('n', n), n + 0.10, '2026-01-02 03:04:05.678901+00', 'item ' || n FROM generate_series(1, 9) AS n;
  CREATE TABLE copies (id bigint PRIMARY KEY, label text NOT NULL, doc jsonb); CREATE TABLE marks (id bigint, why text)`

type Row = Readonly<{ id: string; name: string; doc: { n: number }; price: string; at: string }>

class BadRow extends Error {}

/** By number: every third row is bad, 2 is left alone, 4 is unchanged, the others are copied. */
function copy(parts: Partial<EachRow> = {}): ReturnType<typeof defineBatchedMigration> {
  return defineBatchedMigration({
    jobClassName: 'Copy',
    description: 'x',
    table: 'items',
    column: 'id',
    batchSize: 9,
    subBatchSize: 5,
    pauseMs: 0,
    perform: {
      ...eachRow({
        select: ({ subBatch }) => sql`SELECT id, name, doc, price, at FROM items WHERE ${subBatch} ORDER BY id`,
        transform: (row: Row) => {
          const { n } = row.doc
          if (n % 3 === 0) throw new BadRow(`row ${n}\0 is bad`)
          if (n === 2) return unresolved('no parent')
          return n === 4 ? null : { id: row.id, label: `${row.name} ${row.price} ${row.at}`, doc: [row.doc] }
        },
        write: (rows) => sql`INSERT INTO copies (id, label, doc)
          ${values(
            rows.map(({ value }) => value as Record<string, unknown>),
            { id: 'bigint', label: 'text', doc: 'jsonb' },
          )}`,
        onQuarantine: (rows) =>
          sql`INSERT INTO marks ${values(
            rows.map(({ key, errorMessage }) => ({ id: key[0], why: errorMessage.replace('\0', '') })),
            { id: 'bigint', why: 'text' },
          )}`,
      }),
      ...parts,
    },
  })
}

async function queued(definition: ReturnType<typeof copy>): Promise<Bundle & { migrationId: string }> {
  const bundle = await setup({
    schema: SCHEMA,
    definitions: [definition],
    ports: { rowTransformer: inProcessTransformer },
  })
  const { migration } = await bundle.engine.queue({ jobClassName: 'Copy' })
  return { ...bundle, migrationId: migration.id }
}

it('writes what the transform returned and counts each outcome, in one transaction with the quarantine', async () => {
  const { engine, query, migrationId } = await queued(copy())

  const outcome = await engine.run(migrationId)

  expect(outcome).toMatchObject({
    reason: 'finished',
    jobsRun: 1,
    rows: { scanned: 9, changed: 4, unresolved: 1, quarantined: 3, exact: true },
  })
  expect(await query('SELECT id::int, label, doc FROM copies ORDER BY id LIMIT 2')).toEqual([
    { id: 1, label: 'item 1 1.10 2026-01-02 03:04:05.678901+00', doc: [{ n: 1 }] },
    { id: 5, label: 'item 5 5.10 2026-01-02 03:04:05.678901+00', doc: [{ n: 5 }] },
  ])
  expect(
    await query(
      `SELECT row_key, error_class, error_message, error_stack LIKE '%at %transform%' AS has_stack FROM tranche.quarantine ORDER BY id`,
    ),
  ).toEqual(
    [3, 6, 9].map((n) => ({
      row_key: [String(n)],
      error_class: 'BadRow',
      error_message: `row ${n}\uFFFD is bad`,
      has_stack: true,
    })),
  )
  expect(await query('SELECT id::int, why FROM marks ORDER BY id')).toEqual(
    [3, 6, 9].map((id) => ({ id, why: `row ${id} is bad` })),
  )
})

it('lists the rows in quarantine with their errors, page by page in the order in which they came', async () => {
  const { engine, migrationId } = await queued(copy())
  await engine.run(migrationId)

  const { rows: first, hasOnQuarantine } = await engine.listQuarantined(migrationId, { after: '0', limit: 2 })
  const { rows: rest } = await engine.listQuarantined(migrationId, { after: first.at(-1)?.id ?? '', limit: 2 })

  expect(
    [...first, ...rest].map(({ key, jobId, errorClass, errorMessage }) => [key, jobId, errorClass, errorMessage]),
  ).toEqual([3, 6, 9].map((n) => [[String(n)], '1', 'BadRow', `row ${n}\uFFFD is bad`]))
  expect(hasOnQuarantine).toBe(true)
  expect(first[0]?.stack).toMatch(/at .*transform/)
  expect(Date.parse(first[0]?.at ?? '')).not.toBeNaN()
  await expect(engine.listQuarantined('77', { after: '0', limit: 2 })).rejects.toMatchObject({
    code: 'unknown_migration',
  })
})

it('does not say whether rows in quarantine may have been changed where the definition is not the one that was queued', async () => {
  const page = { after: '0', limit: 2 }
  const { another, engine, migrationId } = await queued(copy({ onQuarantine: undefined }))
  await engine.run(migrationId)

  expect(await engine.listQuarantined(migrationId, page)).toMatchObject({ hasOnQuarantine: false })
  const changed = loadedOf(copy(), 'another text')
  for (const definitions of [sourceOf([]), { find: () => changed, list: () => [changed] }])
    expect(await another({ definitions }).listQuarantined(migrationId, page)).toMatchObject({
      rows: [{ key: ['3'] }, { key: ['6'] }],
      hasOnQuarantine: null,
    })
})

it('writes nothing where no row is left to write, and goes on', async () => {
  const { engine, query, migrationId } = await queued(copy({ transform: () => null }))
  expect(await engine.run(migrationId)).toMatchObject({
    reason: 'finished',
    rows: { scanned: 9, changed: 0, quarantined: 0 },
  })
  expect(await query('SELECT * FROM copies')).toEqual([])
})

it('reads outside the writing transaction, which the write then guards on its source', async () => {
  const { engine, query, migrationId, database } = await queued(
    copy({
      transform: async (row) => {
        // Somebody edits a row between read and write.
        if (row.id === '7') await database.query(`UPDATE items SET name = 'edited' WHERE id = 7`)
        return row
      },
      write: (rows) => sql`INSERT INTO copies (id, label)
        SELECT i.id, i.name FROM items AS i
          JOIN (${values(
            rows.map(({ source }) => source),
            { id: 'bigint', name: 'text' },
          )}) AS s (id, name) ON s.id = i.id AND s.name = i.name`,
    }),
  )
  expect(await engine.run(migrationId)).toMatchObject({ reason: 'finished', rows: { scanned: 9, changed: 8 } })
  expect(await query('SELECT count(*)::int FROM copies WHERE id = 7')).toEqual([{ count: 0 }])
})

it('keeps one quarantine entry, the latest, for a row that the select returns twice', async () => {
  const { engine, query, migrationId } = await queued(
    copy({
      select: ({ subBatch }) =>
        sql`SELECT id, name, doc, price, at FROM items, generate_series(1, 2) WHERE ${subBatch} AND id % 3 = 0`,
    }),
  )
  expect(await engine.run(migrationId)).toMatchObject({ reason: 'finished', rows: { quarantined: 3 } })
  expect(await query('SELECT count(*)::int FROM tranche.quarantine')).toEqual([{ count: 3 }])
})

it.each([
  [
    'select leaves out the batch column',
    { select: () => sql`SELECT name FROM items` },
    'Copy: select must return the batch column "id"',
  ],
  [
    'select writes',
    { select: () => sql`INSERT INTO marks VALUES (1, 'x') RETURNING id` },
    'cannot execute SELECT in a read-only transaction',
  ],
  ['write is no statement', { write: () => 'INSERT' as never }, 'write returned INSERT; expected sql`…`'],
  ['write fails', { write: () => sql`SELECT 1 / 0` }, 'division by zero'],
  [
    'onQuarantine fails',
    { onQuarantine: () => sql`INSERT INTO nowhere VALUES (1)` },
    'relation "nowhere" does not exist',
  ],
] as readonly [string, Partial<EachRow>, string][])(
  'fails the job and keeps nothing when %s',
  async (_what, parts, says) => {
    const { engine, query, migrationId } = await queued(copy(parts))
    expect(await engine.run(migrationId)).toMatchObject({ reason: 'failed' })
    expect(await failureOf(engine, migrationId)).toContain(says)
    expect(
      await query(
        'SELECT (SELECT count(*) FROM copies) + (SELECT count(*) FROM marks) + (SELECT count(*) FROM tranche.quarantine) AS n',
      ),
    ).toEqual([{ n: '0' }])
  },
)

it('refuses to run where the program has no pool, though another one queued it', async () => {
  const { another, migrationId } = await queued(copy())
  await expect(another({ rowTransformer: undefined as never }).run(migrationId)).rejects.toMatchObject({
    code: 'row_transform_unavailable',
  })
})

it('notices a pool that answers for fewer rows than it was given', async () => {
  const { another, engine, migrationId } = await queued(copy())
  const lazy = another({ rowTransformer: { transform: async () => [{ kind: 'unchanged' }] } })
  expect(await lazy.run(migrationId)).toMatchObject({ reason: 'failed' })
  expect(await failureOf(engine, migrationId)).toContain('answered for 1 rows; it was given 5')
})
