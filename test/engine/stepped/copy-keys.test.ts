import { expect, test } from 'vitest'
import { copyRows, createTableLike, runSql, sql } from '../../../src/catalogue/api.ts'
import { operated, type Operated } from '../../support/performed-operations.ts'
import { FIRST } from '../../support/stepped.ts'

const like = createTableLike('fresh', { like: 'old', nullable: true })
const copy = copyRows({ from: 'old', to: 'fresh', columns: ['k', 'v'], onConflict: { columns: ['k'] } })
const unique = runSql('make k unique', sql`CREATE UNIQUE INDEX IF NOT EXISTS fresh_k ON fresh (k)`)
const COPY = 'copy_rows_to_fresh'

async function count({ query }: Operated): Promise<unknown> {
  const [row] = await query('SELECT count(*)::int AS count FROM public.fresh')
  return row?.count
}

/** Few rows are copied by one statement, many by a batched migration. */
const sizes = [
  ['few', 10],
  ['many', 1_200],
] as const

test.each(sizes)('a NULL in the conflict key is refused before anything is copied: %s rows', async (_, rows) => {
  const bundle = await operated(
    `CREATE TABLE old (id bigserial PRIMARY KEY, k int UNIQUE, v text);
     INSERT INTO old (k, v) SELECT NULLIF(NULLIF(i, 5), 7), 'x' FROM generate_series(1, ${String(rows)}) AS i`,
    ...[like, copy],
  )
  for (let tries = 0; tries < 2; tries += 1) {
    expect(await bundle.run()).toMatchObject({
      reason: 'tried',
      message: expect.stringContaining('2 rows of old with NULL in (k), the conflict key, such as id 5') as unknown,
    })
    expect(await count(bundle)).toBe(0)
  }
  expect(await bundle.engine.list()).toEqual([])
  await bundle.query('DELETE FROM public.old WHERE k IS NULL')
  expect(await bundle.run()).toMatchObject({ reason: 'completed' })
})

test('a NULL in the conflict key that comes while the others are copied multiplies nothing', async () => {
  const bundle = await operated(
    `CREATE TABLE old (id bigserial PRIMARY KEY, k int UNIQUE, v text);
     INSERT INTO old (k) SELECT generate_series(1, 1200)`,
    ...[like, copy],
  )
  await bundle.engine.queue({ jobClassName: `CopyRows::V${FIRST}::fresh` })
  await bundle.query('UPDATE public.old SET k = NULL WHERE id = 700')
  for (let tries = 0; tries < 2; tries += 1) {
    expect((await bundle.run()).message).toContain('1 row of old with NULL in (k), the conflict key, such as id 700')
    expect(await count(bundle)).toBe(1_199)
  }
})

test('a row without a partner may have a NULL in the conflict key: it is not copied', async () => {
  const bundle = await operated(
    `CREATE TABLE agents (id int PRIMARY KEY, name text); INSERT INTO agents VALUES (1, 'one');
     CREATE TABLE old (id bigserial PRIMARY KEY, k int UNIQUE, name text); INSERT INTO old (k) VALUES (1), (NULL)`,
    like,
    copyRows({
      ...{ from: 'old', to: 'fresh', columns: ['k', 'agents.name'] },
      join: { table: 'agents', equals: 'k' },
      onConflict: { columns: ['k'] },
    }),
  )
  expect(await bundle.run()).toMatchObject({ reason: 'completed' })
  expect(await bundle.result(COPY)).toMatchObject({ rows: 1, withoutPartner: 1, notFromSource: 0 })
})

test.each(['update', 'nothing'] as const)(
  'a conflict key that two source rows share is refused: action %s',
  async (action) => {
    const bundle = await operated(
      `CREATE TABLE old (id bigserial PRIMARY KEY, k int NOT NULL, v text);
     INSERT INTO old (k, v) VALUES (1, 'a'), (1, 'b'), (2, 'c')`,
      ...[like, unique],
      copyRows({ from: 'old', to: 'fresh', columns: ['k', 'v'], onConflict: { columns: ['k'], action } }),
    )
    expect(await bundle.run()).toMatchObject({
      reason: 'tried',
      message: expect.stringContaining(
        '1 values of (k), the conflict key, belong to more than one row of old, such as (1)',
      ) as unknown,
    })
    expect(await count(bundle)).toBe(0)
  },
)

test('a conflict key is twice in the source where two partners have it', async () => {
  const bundle = await operated(
    `CREATE TABLE agents (id int, name text); INSERT INTO agents VALUES (1, 'one'), (1, 'other');
     CREATE TABLE old (id bigserial PRIMARY KEY, k int NOT NULL UNIQUE, name text); INSERT INTO old (k) VALUES (1)`,
    like,
    copyRows({
      ...{ from: 'old', to: 'fresh', columns: ['k', 'agents.name'] },
      join: { table: 'agents', equals: 'k' },
      onConflict: { columns: ['k'] },
    }),
  )
  expect((await bundle.run()).message).toContain('belong to more than one row of old')
})

test('keys that are one only in the new table’s eyes are found, too', async () => {
  const bundle = await operated(
    `CREATE EXTENSION citext; CREATE TABLE old (id bigserial PRIMARY KEY, k text NOT NULL UNIQUE, v text);
     INSERT INTO old (k) VALUES ('one'), ('ONE');
     CREATE TABLE fresh (id bigserial PRIMARY KEY, k citext UNIQUE, v text)`,
    copy,
  )
  expect((await bundle.run()).message).toContain('belong to more than one row of old')
})

test('rows that the new table has already and that are left alone are told, and notFromSource counts what came from elsewhere', async () => {
  const bundle = await operated(
    `CREATE TABLE old (id bigserial PRIMARY KEY, k int NOT NULL UNIQUE, v text);
     INSERT INTO old (k, v) VALUES (1, 'a'), (2, 'b'), (3, 'c')`,
    like,
    copyRows({ from: 'old', to: 'fresh', columns: ['k', 'v'], onConflict: { columns: ['k'], action: 'nothing' } }),
  )
  await bundle.query(
    `CREATE TABLE public.fresh (LIKE public.old INCLUDING ALL);
     INSERT INTO public.fresh (k, v) VALUES (2, 'mine'), (3, 'c'), (7, 'other'), (8, 'other')`,
  )
  expect(await bundle.run()).toMatchObject({ reason: 'completed' })
  expect(await bundle.result(COPY)).toMatchObject({ rows: 3, rowsKept: 1, notFromSource: 2 })
})

test('a new table that does not keep the conflict key unique is refused', async () => {
  const bundle = await operated('CREATE TABLE old (id bigserial PRIMARY KEY, k int NOT NULL, v text)', ...[like, copy])
  expect((await bundle.run()).message).toContain('nothing in fresh keeps (k), the conflict key of this copy, unique')
  await bundle.query('CREATE UNIQUE INDEX ON public.fresh (k) WHERE k > 0')
  expect((await bundle.run()).message).toContain('nothing in fresh keeps (k)')
})

const refusedColumns = [
  ['may be NULL', 'c', 'may be NULL: such rows would never be visited'],
  ['is not unique', 'd', 'no valid, complete unique index covers exactly the batch column'],
] as const

test.each(refusedColumns)('a batch column that %s is refused, also for few rows', async (_, column, reason) => {
  const bundle = await operated(
    `CREATE TABLE old (id bigserial PRIMARY KEY, k int UNIQUE, v text, c int UNIQUE, d int NOT NULL);
     INSERT INTO old (k, c, d) VALUES (1, 1, 1), (2, NULL, 1)`,
    like,
    copyRows({ from: 'old', to: 'fresh', column, columns: ['k', 'v'], onConflict: { columns: ['k'] } }),
  )
  expect((await bundle.run()).message).toContain(reason)
  expect(await count(bundle)).toBe(0)
  const [migration] = (await bundle.engine.stepped.list()).migrations
  expect(JSON.stringify(migration)).not.toContain('--force')
})

test.each(sizes)('rows are read in the order of a char(5) column: %s rows', async (_, rows) => {
  const bundle = await operated(
    `CREATE TABLE old (k char(5) PRIMARY KEY, v text);
     INSERT INTO old SELECT 'a' || i, 'x' FROM generate_series(1, ${String(rows)}) AS i`,
    like,
    copyRows({ from: 'old', to: 'fresh', column: 'k', columns: ['k', 'v'], onConflict: { columns: ['k'] } }),
  )
  expect(await bundle.run()).toMatchObject({ reason: 'completed' })
  expect(await bundle.result(COPY)).toMatchObject({ rows, passes: 1 })
  expect(await count(bundle)).toBe(rows)
})

test('a column that is not there is said before a batched migration is queued with it', async () => {
  const bundle = await operated(
    `CREATE TABLE old (id bigserial PRIMARY KEY, k int NOT NULL UNIQUE, v text);
     INSERT INTO old (k) SELECT generate_series(1, 1200)`,
    like,
    copyRows({ from: 'old', to: 'fresh', columns: ['k', 'vv'], onConflict: { columns: ['k'] } }),
  )
  expect((await bundle.run()).message).toContain('the table "public.old" has no column "vv"')
  expect(await bundle.engine.list()).toEqual([])
})
