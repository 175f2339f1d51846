import { expect, it } from 'vitest'
import { check, defineBatchedMigration, eachRow, sql, z } from '../../src/catalogue/api.ts'
import type { BatchedMigrationDefinition, Check } from '../../src/catalogue/definition.ts'
import { engineAsRole } from '../support/engine-as-role.ts'
import { sourceOf } from '../support/engine-ports.ts'
import { type Bundle, setup } from '../support/engine-setup.ts'
import { hitsTable } from '../support/hits.ts'

type Input = Parameters<typeof defineBatchedMigration>[0]

/** A definition over `items`, with whatever is wrong about it. */
function define(input: Partial<Input> = {}): BatchedMigrationDefinition {
  return defineBatchedMigration({
    jobClassName: 'Wrong',
    description: 'Hits every row.',
    table: 'items',
    column: 'id',
    perform: ({ subBatch }) => sql`UPDATE items SET hits = hits + 1 WHERE ${subBatch}`,
    ...input,
  })
}

/** What queueing must leave as it was. */
async function readEverything({ query }: Bundle): Promise<unknown> {
  return query(
    `SELECT (SELECT jsonb_agg(to_jsonb(t)) FROM tranche.batched_background_migrations t) AS migrations,
            (SELECT jsonb_agg(to_jsonb(t)) FROM tranche.events t) AS events,
            (SELECT count(*) FROM tranche.samples) + (SELECT count(*) FROM tranche.planning_frontier)
              + (SELECT count(*) FROM tranche.definition_snapshots) AS companions,
            (SELECT last_value FROM tranche.batched_background_migrations_id_seq) AS last_id`,
  )
}

const SCHEMA = `${hitsTable(5)};
  CREATE VIEW items_view AS SELECT * FROM items;
  CREATE TABLE plain (id bigint NOT NULL, hits int);
  CREATE TABLE nullable (id bigint UNIQUE, hits int);
  CREATE TABLE partial (id bigint NOT NULL, hits int); CREATE UNIQUE INDEX ON partial (id) WHERE hits IS NULL;
  CREATE TABLE wider (id bigint NOT NULL, hits int, UNIQUE (id, hits));
  CREATE TABLE expression (id bigint NOT NULL, hits int); CREATE UNIQUE INDEX ON expression ((id + 1));
  CREATE TABLE invalid (id bigint NOT NULL, hits int); CREATE UNIQUE INDEX invalid_id ON invalid (id);
  UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'invalid_id'::regclass;
  CREATE TABLE uuids (id uuid PRIMARY KEY, hits int)`

it.each([
  { what: 'a class that is not in the catalogue', request: { jobClassName: 'Nowhere' }, code: 'unknown_class' },
  { what: 'a table that is not there', input: { table: 'itemz' }, code: 'table_missing' },
  { what: 'a schema that is not there', input: { table: 'nowhere.items' }, code: 'table_missing' },
  { what: 'another case of the name', input: { table: 'Items' }, code: 'table_missing' },
  { what: 'a view', input: { table: 'items_view' }, code: 'table_missing', says: 'is not a table' },
  { what: "one of Tranche's own tables", input: { table: 'tranche.events' }, code: 'table_missing' },
  { what: 'a column that is not there', input: { column: 'idd' }, code: 'column_missing', says: 'public.items' },
  {
    what: 'a sample of a column that is not there',
    input: { samples: { columns: ['id', 'idd'] } },
    code: 'column_missing',
  },
  { what: 'a column without an index', input: { table: 'plain' }, code: 'column_not_unique' },
  { what: 'a column that may be NULL', input: { table: 'nullable' }, code: 'column_not_unique', says: 'may be NULL' },
  { what: 'a partial unique index', input: { table: 'partial' }, code: 'column_not_unique' },
  { what: 'a unique index over more columns', input: { table: 'wider' }, code: 'column_not_unique' },
  { what: 'a unique index over an expression', input: { table: 'expression' }, code: 'column_not_unique' },
  { what: 'an invalid unique index', input: { table: 'invalid' }, code: 'column_not_unique' },
  {
    what: 'a column of another type under primary_key',
    input: { table: 'uuids', strategy: 'primary_key' },
    code: 'column_unsupported',
    says: 'uuid',
  },
  {
    what: 'a column of another type, by force',
    input: { table: 'uuids', strategy: 'primary_key' },
    request: { force: true },
    code: 'column_unsupported',
  },
  {
    what: 'a scope that the server does not understand',
    input: { scope: sql`nowhere = 1` },
    code: 'definition_invalid',
    says: 'nowhere',
  },
  {
    what: 'a scope that throws',
    input: {
      scope: () => {
        throw new Error('boom')
      },
    },
    code: 'definition_invalid',
    says: 'boom',
  },
  {
    what: 'eachRow without a pool',
    code: 'row_transform_unavailable',
    input: {
      perform: eachRow({ select: () => sql`SELECT 1`, transform: () => null, write: () => sql`SELECT 1` }),
    },
  },
  {
    what: 'a batch size below the sub-batch size',
    request: { batchSize: 99 },
    code: 'invalid_setting',
    says: 'batch size 99',
  },
  { what: 'a sub-batch size of 0', request: { subBatchSize: 0 }, code: 'invalid_setting', says: 'sub-batch size' },
  { what: 'half a row', request: { batchSize: 100.5 }, code: 'invalid_setting', says: '100.5' },
  {
    what: 'a maximum below the batch size',
    request: { maxBatchSize: 10 },
    code: 'invalid_setting',
    says: 'max batch size',
  },
  {
    what: 'an interval that does not fit',
    request: { intervalSeconds: 32_768 },
    code: 'invalid_setting',
    says: '32767',
  },
  { what: 'a negative pause', request: { pauseMs: -1 }, code: 'invalid_setting', says: 'pause ms' },
  { what: 'a bound that is no number', request: { min: '1e3' }, code: 'invalid_setting', says: '"1e3"' },
  { what: 'a bound beyond bigint', request: { max: '9223372036854775808' }, code: 'invalid_setting' },
  { what: 'inverted bounds', request: { min: '3', max: '2' }, code: 'invalid_setting', says: 'min 3 lies above max 2' },
  {
    what: 'an argument too many',
    request: { jobArguments: [1] },
    code: 'invalid_arguments',
    says: 'takes no arguments, got 1',
  },
  {
    what: 'an argument missing',
    input: { arguments: { a: z.string() } },
    code: 'invalid_arguments',
    says: 'takes 1 argument (a), got 0',
  },
  {
    what: 'an argument with NUL in it',
    input: { arguments: { a: z.unknown() } },
    request: { jobArguments: [{ k: 'a\0' }] },
    code: 'invalid_arguments',
  },
] as readonly { what: string; input?: Partial<Input>; request?: object; code: string; says?: string }[])(
  'refuses $what and writes nothing',
  async ({ input, request, code, says = '' }) => {
    const bundle = await setup({ schema: SCHEMA, definitions: [define(input)] })
    const before = await readEverything(bundle)
    await expect(bundle.engine.queue({ jobClassName: 'Wrong', ...request })).rejects.toMatchObject({
      code,
      message: expect.stringContaining(says) as string,
      remedy: expect.any(String) as string,
    })
    expect(await readEverything(bundle)).toEqual(before)
    expect(bundle.heard).toEqual([])
  },
)

it('names the unique keys that there are when it refuses a column', async () => {
  const { engine, query } = await setup({
    schema: 'CREATE TABLE items (id bigint PRIMARY KEY, n bigint NOT NULL, m bigint NOT NULL, UNIQUE (n, m))',
    definitions: [define({ column: 'n' })],
  })
  await expect(engine.queue({ jobClassName: 'Wrong' })).rejects.toMatchObject({
    remedy: expect.stringContaining('(id) or (n, m)') as string,
  })
  await query('CREATE UNIQUE INDEX ON items (n)')
  expect(await engine.queue({ jobClassName: 'Wrong' })).toMatchObject({ duplicate: false })
})

it('checks arguments and settings before it looks for a duplicate', async () => {
  const { engine } = await setup({ schema: hitsTable(5), definitions: [define()] })
  await engine.queue({ jobClassName: 'Wrong' })
  for (const request of [{ jobArguments: [1] }, { batchSize: 0 }, { min: 'x' }, { min: '2', max: '1' }]) {
    await expect(engine.queue({ jobClassName: 'Wrong', ...request })).rejects.toMatchObject({
      code: expect.stringMatching(/^invalid_/) as string,
    })
  }
})

it.each([
  { name: 'no row', before: check.none('x', sql`SELECT id FROM items WHERE id > 9`), found: '2 rows' },
  {
    name: 'a count',
    before: check.count('x', sql`SELECT count(*) FROM items`, ({ args }) => Number(args.rows) + 1),
    found: '5',
  },
  { name: 'equality', before: check.equal('x', sql`SELECT 1`, sql`SELECT 2`), found: '1' },
  {
    name: 'sampled rows',
    before: check.rows('x', { sql: sql`SELECT id FROM items`, expect: ({ id }) => id !== '9' || 'nine' }),
    found: '1 of 5 rows not as expected',
  },
  {
    name: 'SQL that raises',
    before: check.none('x', sql`SELECT 1 / 0`),
    found: 'division_by_zero (22012): division by zero',
  },
] as readonly { name: string; before: Check; found: string }[])(
  'writes nothing where a precondition of $name does not hold',
  async ({ before, found }) => {
    const definition = define({
      before: [check.none('holds', sql`SELECT 1 WHERE false`), before],
      arguments: { rows: z.number() },
    })
    const bundle = await setup({ schema: hitsTable(5), definitions: [definition] })
    const state = await readEverything(bundle)
    await expect(bundle.engine.queue({ jobClassName: 'Wrong', jobArguments: [5] })).rejects.toMatchObject({
      code: 'precondition_failed',
      message: expect.stringContaining('precondition "x" of Wrong') as string,
      details: { check: 'x', found: expect.stringContaining(found) as string },
    })
    expect(await readEverything(bundle)).toEqual(state)
  },
)

it('tells each precondition that does not hold, with the rows that say why, before it looks for columns of samples', async () => {
  const definition = define({
    before: [
      check.none('the column is there', sql`SELECT 'items has no column account' AS problem`),
      check.none('holds', sql`SELECT 1 WHERE false`),
      check.none('nobody has hits', sql`SELECT id, 'why' AS why FROM items ORDER BY id`),
    ],
    samples: { columns: ['id', 'account'] },
  })
  const { engine, query } = await setup({ schema: hitsTable(5), definitions: [definition] })
  const refusal = await engine.queue({ jobClassName: 'Wrong' }).catch((error: unknown) => error)
  expect(refusal).toMatchObject({
    code: 'precondition_failed',
    message: [
      '2 preconditions of Wrong do not hold:',
      '  "the column is there": expected no row, found 1 row: items has no column account',
      '  "nobody has hits": expected no row, found 5 rows: {"id":"3","why":"why"}, {"id":"6","why":"why"}, {"id":"9","why":"why"}, …',
    ].join('\n'),
    details: { failing: [{ check: 'the column is there' }, { check: 'nobody has hits' }] },
  })
  const { preflight } = await engine.plan({ jobClassName: 'Wrong' })
  expect(preflight.filter(({ outcome }) => outcome === 'failed').map(({ detail }) => detail)).toEqual([
    'expected no row, found 1 row: items has no column account',
    expect.stringContaining('{"id":"3","why":"why"}'),
  ])
  expect(await query('SELECT count(*)::int FROM tranche.batched_background_migrations')).toEqual([{ count: 0 }])
})

it('queues where every precondition holds', async () => {
  const definition = define({
    before: [
      check.count('count', sql`SELECT count(*) FROM items`, 5n),
      check.rows('rows', { sql: sql`SELECT id, hits FROM items`, expect: ({ hits }) => hits === 0 || 'hit' }),
      check.equal('equal', sql`SELECT max(id) FROM items`, sql`SELECT '15'`),
    ],
  })
  const { engine } = await setup({ schema: hitsTable(5), definitions: [definition] })
  expect(await engine.queue({ jobClassName: 'Wrong' })).toMatchObject({ duplicate: false })
})

it('lets a role queue that may read the batch column, and refuses one that may not', async () => {
  const bundle = await setup({ schema: hitsTable(5) })
  const ports = { definitions: sourceOf([define()]) }
  const tracking = (role: string): string[] => [
    `GRANT USAGE ON SCHEMA tranche TO ${role}`,
    `GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA tranche TO ${role}`,
    `GRANT USAGE ON ALL SEQUENCES IN SCHEMA tranche TO ${role}`,
  ]
  const stranger = await engineAsRole(bundle.database, { ports, grants: tracking })
  const reader = await engineAsRole(bundle.database, {
    ports,
    // A role that may only read unless told otherwise: each transaction of ours says so itself.
    grants: (role) => [
      ...tracking(role),
      `GRANT SELECT (id) ON items TO ${role}`,
      `ALTER ROLE ${role} SET default_transaction_read_only = on`,
    ],
  })
  const before = await readEverything(bundle)

  await expect(stranger.engine.queue({ jobClassName: 'Wrong' })).rejects.toMatchObject({
    code: 'privilege_missing',
    remedy: `GRANT SELECT, UPDATE ON "public"."items" TO ${stranger.role}; then queue again.`,
  })
  expect(await readEverything(bundle)).toEqual(before)
  expect(await reader.engine.queue({ jobClassName: 'Wrong' })).toMatchObject({ duplicate: false })
})

it('tells a role that may not use the schema of the table so', async () => {
  const bundle = await setup({ schema: `CREATE SCHEMA hidden; CREATE TABLE hidden.items (id bigint PRIMARY KEY)` })
  const { engine } = await engineAsRole(bundle.database, {
    ports: { definitions: sourceOf([define({ table: 'hidden.items' })]) },
    grants: (role) => [`GRANT USAGE ON SCHEMA tranche TO ${role}`, `GRANT SELECT ON tranche.meta TO ${role}`],
  })
  await expect(engine.queue({ jobClassName: 'Wrong' })).rejects.toMatchObject({ code: 'privilege_missing' })
})
