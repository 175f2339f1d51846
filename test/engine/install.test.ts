import { expect, it, onTestFinished } from 'vitest'
import { defineBatchedMigration, sql } from '../../src/catalogue/api.ts'
import { installSql } from '../../src/engine/tracking/install.ts'
import { uninstallSql } from '../../src/engine/tracking/uninstall.ts'
import { newestVersion } from '../../src/engine/tracking/schema-steps.ts'
import { quoteIdentifier } from '../../src/shared/sql.ts'
import { engineAsRole } from '../support/engine-as-role.ts'
import { setup } from '../support/engine-setup.ts'
import { sourceOf } from '../support/engine-ports.ts'
import { hitEvery, hitsTable } from '../support/hits.ts'
import { createTestDatabase, type TestDatabase } from '../support/test-database.ts'

const NEWEST = await newestVersion()

/** Everything that makes up a schema, by name, so that two of them can be held against each other. */
async function describeSchema(query: TestDatabase['query'], schema: string): Promise<unknown> {
  const strip = (text: unknown): string =>
    String(text)
      .replaceAll(`"${schema.replaceAll('"', '""')}"`, 'x')
      .replaceAll(`${schema}.`, 'x.')
  const rows = await query(
    `SELECT 'column' AS kind, c.relname || '.' || a.attname AS name,
            format_type(a.atttypid, a.atttypmod) || ' ' || a.attnotnull || ' ' || coalesce(pg_get_expr(d.adbin, d.adrelid), '') AS text
       FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum
      WHERE c.relnamespace = to_regnamespace($1) AND a.attnum > 0
     UNION ALL SELECT 'constraint', conname, pg_get_constraintdef(oid) FROM pg_constraint WHERE connamespace = to_regnamespace($1)
     UNION ALL SELECT 'index', indexname, indexdef FROM pg_indexes WHERE schemaname = $2
     UNION ALL SELECT 'options', relname, reloptions::text FROM pg_class WHERE relnamespace = to_regnamespace($1) AND relkind = 'r'
     UNION ALL SELECT 'function', proname || '(' || pg_get_function_arguments(oid) || ')', prosrc FROM pg_proc WHERE pronamespace = to_regnamespace($1)
      ORDER BY 1, 2, 3`,
    [`"${schema.replaceAll('"', '""')}"`, schema],
  )
  return rows.map(({ kind, name, text }) => `${String(kind)} ${String(name)}: ${strip(text)}`)
}

/** Every relation, function and schema that is not the system's. */
async function listEverything(query: TestDatabase['query']): Promise<unknown> {
  return query(
    `SELECT 'relation' AS kind, relnamespace::regnamespace::text || '.' || relname AS name FROM pg_class WHERE oid >= 16384
     UNION ALL SELECT 'function', oid::regprocedure::text FROM pg_proc WHERE oid >= 16384
     UNION ALL SELECT 'schema', nspname FROM pg_namespace ORDER BY 1, 2`,
  )
}

it('installs once: a second install changes nothing and says so', async () => {
  const { engine, query } = await setup({ isInstalled: false })
  expect(await engine.isInstalled()).toBe(false)

  const first = await engine.install()
  const before = await describeSchema(query, 'tranche')
  const second = await engine.install()

  expect([first, second]).toEqual([
    { installed: true, schema: 'tranche', schemaVersion: NEWEST },
    { installed: false, schema: 'tranche', schemaVersion: NEWEST },
  ])
  expect(await engine.isInstalled()).toBe(true)
  expect(await describeSchema(query, 'tranche')).toEqual(before)
  expect(await query('SELECT kind FROM tranche.events')).toEqual([{ kind: 'install' }])
})

it('lets one of several consoles install that try at the same moment', async () => {
  const { engine, another, query } = await setup({ isInstalled: false })

  const outcomes = await Promise.all([engine, another(), another(), another()].map((each) => each.install()))

  expect(outcomes.filter(({ installed }) => installed)).toHaveLength(1)
  expect(await query('SELECT count(*)::int FROM tranche.meta')).toEqual([{ count: 1 }])
})

it('lives in a schema with an odd name, runs there, and leaves again', async () => {
  const trackingSchema = `Tränche "x" o'clock.y $1 {{schema}}`
  const { engine, query } = await setup({
    schema: hitsTable(30),
    definitions: [hitEvery()],
    ports: { trackingSchema },
    isInstalled: false,
  })
  const before = await listEverything(query)

  await engine.install()
  const { migration } = await engine.queue({ jobClassName: 'HitEvery' })
  const { reason } = await engine.run(migration.id)
  const finalized = await engine.finalize(migration.id)
  await engine.uninstall()

  expect({ reason, status: finalized.migration.status }).toEqual({ reason: 'finished', status: 'finalized' })
  expect(await listEverything(query)).toEqual(before)
})

it.each(['pg_tranche', 'x'.repeat(64), 'line\nbreak', 'dollars $$ in it'])(
  'refuses %j as the name of the tracking schema',
  async (trackingSchema) => {
    const { engine, query } = await setup({ isInstalled: false, ports: { trackingSchema } })
    const before = await listEverything(query)
    await expect(engine.install()).rejects.toMatchObject({ code: 'invalid_setting' })
    expect(await listEverything(query)).toEqual(before)
  },
)

it.each(['tranche', `O'Neil "x"`])('prints SQL that makes the very same schema: %s', async (trackingSchema) => {
  const { engine, query } = await setup({ ports: { trackingSchema } })
  const byHand = await createTestDatabase()
  onTestFinished(() => byHand.drop())
  const connection = await byHand.connect()

  await connection.query(await installSql(trackingSchema))

  expect(await describeSchema(byHand.query, trackingSchema)).toEqual(await describeSchema(query, trackingSchema))
  expect(await engine.install()).toMatchObject({ installed: false })
})

it.each(['tranche', `O'Neil "x"`])(
  'prints SQL that drops what is its own, and the schema where nothing else is in it: %s',
  async (trackingSchema) => {
    const { query } = await setup({ ports: { trackingSchema } })
    const schema = quoteIdentifier(trackingSchema)
    await query(`CREATE TABLE ${schema}.theirs (id bigint)`)
    await query(await uninstallSql(trackingSchema))
    expect(await query('SELECT relname FROM pg_class WHERE relnamespace = to_regnamespace($1)', [schema])).toEqual([
      { relname: 'theirs' },
    ])
    await query(`DROP TABLE ${schema}.theirs`)
    await query(await uninstallSql(trackingSchema))
    expect(await query('SELECT FROM pg_namespace WHERE nspname = $1', [trackingSchema])).toEqual([])
  },
)

it('runs for a role that owns nothing and has the printed grants only', async () => {
  const { database, query } = await setup({ schema: hitsTable(40) })
  const grants = (role: string): string[] => [...installGrants(role), `GRANT SELECT, UPDATE ON items TO ${role}`]
  const { engine } = await engineAsRole(database, { grants, ports: { definitions: sourceOf([hitEvery()]) } })

  const { migration } = await engine.queue({ jobClassName: 'HitEvery' })
  await engine.run(migration.id)
  const { migration: finalized } = await engine.finalize(migration.id)

  expect(finalized.status).toBe('finalized')
  expect(await query('SELECT DISTINCT hits FROM items')).toEqual([{ hits: 1 }])
})

function installGrants(role: string): string[] {
  return [
    `GRANT USAGE ON SCHEMA tranche TO ${role}`,
    `GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA tranche TO ${role}`,
    `GRANT USAGE ON ALL SEQUENCES IN SCHEMA tranche TO ${role}`,
  ]
}

it('leaves nothing behind where the role may not create a schema', async () => {
  const { database, query } = await setup({ isInstalled: false })
  const { engine } = await engineAsRole(database)
  const before = await listEverything(query)

  await expect(engine.install()).rejects.toMatchObject({
    code: 'privilege_missing',
    message: expect.stringContaining('permission denied for database') as string,
    remedy: expect.stringContaining('tranche install --print') as string,
  })
  expect(await listEverything(query)).toEqual(before)
  expect(await engine.isInstalled()).toBe(false)
})

it('tells a role that may not look into the tracking schema, or not write there, which privilege is missing', async () => {
  const { database } = await setup({ schema: hitsTable(3) })
  const ports = { definitions: sourceOf([hitEvery()]) }
  const stranger = await engineAsRole(database, { ports })
  const reader = await engineAsRole(database, {
    ports,
    grants: (role) => [
      `GRANT USAGE ON SCHEMA tranche TO ${role}`,
      `GRANT SELECT ON ALL TABLES IN SCHEMA tranche TO ${role}`,
      `GRANT SELECT ON items TO ${role}`,
    ],
  })

  await expect(stranger.engine.list()).rejects.toMatchObject({ code: 'privilege_missing' })
  expect(await reader.engine.list()).toEqual([])
  await expect(reader.engine.queue({ jobClassName: 'HitEvery' })).rejects.toMatchObject({ code: 'privilege_missing' })
})

it('uses an empty schema that is there already without the privilege to make one', async () => {
  const { database } = await setup({ isInstalled: false, schema: 'CREATE SCHEMA tranche' })
  const { engine } = await engineAsRole(database, {
    grants: (role) => [`GRANT USAGE, CREATE ON SCHEMA tranche TO ${role}`],
  })

  expect(await engine.install()).toMatchObject({ installed: true })
  await engine.uninstall()

  // The schema is somebody else's, so it stays.
  expect(await database.query(`SELECT to_regnamespace('tranche') IS NULL AS gone`)).toEqual([{ gone: false }])
})

it('refuses to touch a schema that a newer version installed', async () => {
  const { engine, query } = await setup()
  await query('UPDATE tranche.meta SET schema_version = 99')

  for (const action of [() => engine.install(), () => engine.list(), () => engine.uninstall()]) {
    await expect(action()).rejects.toMatchObject({ code: 'schema_newer', details: { installed: 99, known: NEWEST } })
  }
})

it('refuses the tracking tables of another framework, and tables that merely have our names', async () => {
  const { engine, another, query } = await setup({
    isInstalled: false,
    schema: `CREATE SCHEMA tranche; CREATE TABLE tranche.batched_background_migrations (id bigint);
             CREATE TABLE public.events (id bigint); CREATE TABLE public.meta (id bigint)`,
  })
  const before = await listEverything(query)
  const inPublic = another({ trackingSchema: 'public' })

  await expect(engine.install()).rejects.toMatchObject({ code: 'schema_attached' })
  await expect(engine.list()).rejects.toMatchObject({ code: 'schema_attached' })
  await expect(engine.uninstall()).rejects.toMatchObject({ code: 'schema_attached' })
  await expect(inPublic.install()).rejects.toMatchObject({
    code: 'schema_attached',
    details: { taken: ['events', 'meta'] },
  })
  expect(await engine.isInstalled()).toBe(false)
  expect(await listEverything(query)).toEqual(before)
})

it('says that it is not installed, whatever is asked of it', async () => {
  const { engine } = await setup({ isInstalled: false, schema: hitsTable(1), definitions: [hitEvery()] })
  const actions = [() => engine.list(), () => engine.queue({ jobClassName: 'HitEvery' }), () => engine.uninstall()]
  for (const action of actions) await expect(action()).rejects.toMatchObject({ code: 'not_installed' })
})

it('drops exactly its own objects and keeps what others keep in the same schema', async () => {
  const { engine, query } = await setup({ isInstalled: false, schema: 'CREATE SCHEMA tranche' })
  await query('CREATE TABLE tranche.theirs (id bigint)')
  await query(`CREATE FUNCTION tranche.is_live(text) RETURNS boolean LANGUAGE sql AS 'SELECT true'`)
  await query(`CREATE TYPE tranche.mood AS ENUM ('good')`)
  const before = await listEverything(query)
  await engine.install()

  await engine.uninstall()

  expect(await listEverything(query)).toEqual(before)
})

it('keeps its schema as long as a type of somebody else lives there', async () => {
  const { engine, query } = await setup()
  await query(`CREATE TYPE tranche.mood AS ENUM ('good')`)
  await engine.uninstall()
  expect(
    await query(`SELECT typname FROM pg_type WHERE typnamespace = 'tranche'::regnamespace AND typtype = 'e'`),
  ).toEqual([{ typname: 'mood' }])
  await query('DROP TYPE tranche.mood')
  await engine.install()
  await engine.uninstall()
  expect(await query(`SELECT to_regnamespace('tranche') IS NULL AS gone`)).toEqual([{ gone: true }])
})

it('does not drop a view that somebody built on its tables', async () => {
  const { engine, query } = await setup()
  await query('CREATE VIEW dashboard AS SELECT id, status FROM tranche.batched_background_migrations')

  await expect(engine.uninstall()).rejects.toMatchObject({
    code: 'schema_attached',
    message: expect.stringContaining('view dashboard') as string,
  })
  expect(await engine.isInstalled()).toBe(true)
  expect(await query('SELECT * FROM dashboard')).toEqual([])
})

it('is not uninstalled while a runner lives', async () => {
  const { engine, query, until } = await setup({
    schema: hitsTable(20),
    definitions: [
      defineBatchedMigration({
        jobClassName: 'Slow',
        description: 'x',
        table: 'items',
        column: 'id',
        batchSize: 20,
        subBatchSize: 1,
        pauseMs: 20,
        perform: ({ subBatch }) => sql`UPDATE items SET hits = hits + 1 WHERE ${subBatch}`,
      }),
    ],
  })
  const { migration } = await engine.queue({ jobClassName: 'Slow' })
  const committed = until('sub_batch:committed')
  const run = engine.run(migration.id)
  await committed

  await expect(engine.uninstall()).rejects.toMatchObject({ code: 'table_busy' })

  expect((await run).reason).toBe('finished')
  await engine.uninstall()
  expect(await query(`SELECT to_regnamespace('tranche') IS NULL AS gone`)).toEqual([{ gone: true }])
})
