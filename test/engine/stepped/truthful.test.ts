/** What a stepped migration's record says is what was agreed to and done, whatever becomes of its file meanwhile. */
import { expect, test } from 'vitest'
import { check, defineSteppedMigration, dropTable, runSql, sql } from '../../../src/catalogue/api.ts'
import { standingOf } from '../../../src/shared/stepped-view.ts'
import { counting, FIRST, runsOf, SECOND, setupStepped, statuses, turn } from '../../support/stepped.ts'

const drop = (table: string) =>
  defineSteppedMigration({ version: FIRST, operations: [dropTable(table, { why: 'it is a copy', before: [] })] })

const SAID = [{ a: null, precious: 'precious' }]
const TABLES = `SELECT to_regclass('public.a')::text AS a, to_regclass('public.precious')::text AS precious`

test('an approval holds for what was approved, and for nothing else', async () => {
  const bundle = await setupStepped([drop('a')])
  const { stepped } = bundle.engine
  await bundle.query('CREATE TABLE public.a (); CREATE TABLE public.precious ()')
  await turn(bundle)
  await stepped.approve(FIRST)
  bundle.files.splice(0, 1, drop('precious'))

  expect(await turn(bundle)).toEqual({ reason: 'skipped', version: FIRST })
  expect((await stepped.list()).migrations).toMatchObject([
    { status: 'skipped', needsApproval: 'drops the table precious: it is a copy' },
  ])
  expect(await bundle.query(TABLES)).toEqual([{ a: 'a', precious: 'precious' }])

  bundle.files.splice(0, 1, drop('a'))
  // The approval was kept, and is that of this text.
  const { migrations } = await stepped.list()
  expect(migrations).toMatchObject([{ needsApproval: null }])
  expect(migrations.map(standingOf)).toEqual(['approved'])
  expect(await turn(bundle)).toEqual({ reason: 'completed', version: FIRST })
  expect(await bundle.query(TABLES)).toEqual(SAID)
  expect(
    await bundle.query(`SELECT kind, details FROM tranche.events WHERE kind ~ 'approve|drop' ORDER BY id`),
  ).toEqual([
    {
      kind: 'stepped_approve',
      details: { version: FIRST, connection: 'local', gate: 'drops the table a: it is a copy' },
    },
    { kind: 'stepped_drop', details: { version: FIRST, connection: 'local', table: 'a', wasThere: true } },
  ])
})

test('what is completed, or passed over by somebody, is not approved afterwards', async () => {
  const bundle = await setupStepped([drop('a')])
  const { stepped } = bundle.engine
  await bundle.query('CREATE TABLE public.a ()')
  await turn(bundle)
  await stepped.skip(FIRST, 'it is still read')
  await expect(stepped.approve(FIRST)).rejects.toMatchObject({ code: 'illegal_transition' })
  expect(await bundle.query(`SELECT details FROM tranche.events WHERE kind = 'stepped_skip'`)).toEqual([
    { details: { version: FIRST, connection: 'local', reason: 'it is still read' } },
  ])
  await stepped.reset(FIRST)
  await turn(bundle)
  await stepped.approve(FIRST)
  await turn(bundle)
  await expect(stepped.approve(FIRST)).rejects.toMatchObject({ code: 'illegal_transition' })
})

test('a reset takes the approval back', async () => {
  const bundle = await setupStepped([drop('a')])
  await bundle.query('CREATE TABLE public.a ()')
  await turn(bundle)
  await bundle.engine.stepped.approve(FIRST)
  await bundle.engine.stepped.reset(FIRST)

  expect(await turn(bundle)).toEqual({ reason: 'skipped', version: FIRST })
  expect(await bundle.query(`SELECT to_regclass('public.a')::text AS a`)).toEqual([{ a: 'a' }])
})

test('skip is asked at every run, also of one that was begun', async () => {
  let isDone = false
  const migration = defineSteppedMigration({
    version: FIRST,
    skip: () => isDone,
    operations: [runSql('one', sql`INSERT INTO public.mended VALUES (1)`)],
  })
  const bundle = await setupStepped([migration])
  expect(await turn(bundle)).toEqual({ reason: 'tried', version: FIRST })
  isDone = true

  expect(await turn(bundle)).toEqual({ reason: 'skipped', version: FIRST })
})

test('an operation that was changed since it was completed is told, and not taken for done', async () => {
  const made = (column: string, other: string) =>
    defineSteppedMigration({
      version: FIRST,
      operations: [
        runSql('make', sql`CREATE TABLE IF NOT EXISTS public.made (id int, ${sql.ident(column)} int)`),
        runSql('fill', sql`INSERT INTO public.made (${sql.ident(other)}) VALUES (1)`),
      ],
    })
  const bundle = await setupStepped([made('a', 'b')])
  expect(await turn(bundle)).toEqual({ reason: 'tried', version: FIRST })
  bundle.files.splice(0, 1, made('b', 'b'))

  expect(await turn(bundle)).toEqual({ reason: 'tried', version: FIRST })
  expect((await bundle.engine.stepped.list()).migrations[0]?.errorMessage).toBe(
    'definition_drift: the operation run_make was changed since it was completed',
  )
  await bundle.query('DROP TABLE public.made')
  await bundle.engine.stepped.reset(FIRST)
  expect(await turn(bundle)).toEqual({ reason: 'completed', version: FIRST })
})

test('a run that finds another connection active than when it began does nothing on the former', async () => {
  const bundle = await setupStepped([counting(FIRST, 'one')])
  await bundle.engine.stepped.connect({ name: 'other', prefix: 'bi', vectorStorage: 'real' })
  await bundle.engine.stepped.connect({ name: 'local' })
  // Between its look at the connections and its lease.
  await bundle.query(`
    CREATE FUNCTION switch() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      UPDATE tranche.stepped_connections SET active = false WHERE name = 'local';
      UPDATE tranche.stepped_connections SET active = true WHERE name = 'other';
      RETURN NULL;
    END $$;
    CREATE TRIGGER switch AFTER UPDATE ON tranche.stepped_leases
      FOR EACH ROW WHEN (NEW.runner_id IS NOT NULL AND OLD.runner_id IS NULL) EXECUTE FUNCTION switch()`)

  expect(await turn(bundle)).toEqual({ reason: 'busy', version: null })
  expect(await runsOf(bundle)).toEqual([])
})

test('the log is that of the active connection, unless all are asked for', async () => {
  const bundle = await setupStepped([counting(FIRST, 'one')])
  const { stepped } = bundle.engine
  await turn(bundle)
  await stepped.connect({ name: 'other', prefix: 'bi', vectorStorage: 'real' })

  expect((await stepped.logs()).map(({ message, connection }) => [connection, message])).toEqual([
    ['other', 'connection "other" is active'],
  ])
  const all = await stepped.logs({ isOfAll: true })
  expect(new Set(all.map(({ connection }) => connection))).toEqual(new Set(['local', 'other']))
})

test('a migration of another logical database is none of this one', async () => {
  const ci = defineSteppedMigration({ version: SECOND, database: 'ci', operations: [runSql('two', sql`SELECT 1`)] })
  const bundle = await setupStepped([counting(FIRST, 'one'), ci])

  await bundle.engine.stepped.work({ toEnd: true })
  expect(await statuses(bundle)).toEqual({ [FIRST]: 'completed' })
})

test('a skip that cannot be asked again is told', async () => {
  let asks = 0
  const migration = defineSteppedMigration({
    version: FIRST,
    skip: () => {
      asks += 1
      if (asks > 1) throw new TypeError('no such answer')
      return true
    },
    operations: [runSql('one', sql`SELECT 1`)],
  })
  const bundle = await setupStepped([migration])
  await turn(bundle)
  await turn(bundle)

  expect((await bundle.engine.stepped.logs()).filter(({ level }) => level === 'warn')).toMatchObject([
    { message: `whether ${FIRST} is still skipped could not be asked: no such answer` },
  ])
})

test('a migration that waits for its adapter says so in its record', async () => {
  const bundle = await setupStepped([counting(FIRST, 'one')])
  await bundle.engine.stepped.connect({ name: 'local', adapter: 'elsewhere' })
  await turn(bundle)

  expect((await bundle.engine.stepped.list()).migrations).toMatchObject([
    { retriesLeft: 3, errorMessage: expect.stringContaining('adapter_missing: nothing here leads to') as unknown },
  ])
})

test('a result keeps its nulls when the record changes', async () => {
  const bundle = await setupStepped([
    defineSteppedMigration({
      version: FIRST,
      operations: [
        dropTable('gone', {
          why: 'x',
          before: [check.none('nothing', sql`SELECT 1 WHERE false`)],
        }),
      ],
    }),
  ])
  await turn(bundle)
  await bundle.query(
    `UPDATE tranche.stepped_migrations SET metadata = metadata || '{"operations": {"x": {"completedAt": "", "result": {"a": null}}}}'`,
  )
  await bundle.engine.stepped.approve(FIRST)

  expect(
    await bundle.query(`SELECT metadata -> 'operations' -> 'x' -> 'result' AS result FROM tranche.stepped_migrations`),
  ).toEqual([{ result: { a: null } }])
})
