import { expect, test } from 'vitest'
import { copyRows, createTableLike } from '../../../src/catalogue/api.ts'
import { operated, type Operated } from '../../support/performed-operations.ts'

const like = createTableLike('fresh', { like: 'old' })
const copy = copyRows({ from: 'old', to: 'fresh', columns: ['k', 'v'], onConflict: { columns: ['k'] } })
const COPY = 'copy_rows_to_fresh'

function oldTable(type: string, ...values: readonly string[]): string {
  return `CREATE TABLE old (id bigserial PRIMARY KEY, k int NOT NULL UNIQUE, v ${type});
          INSERT INTO old (k, v) VALUES ${values.map((value, index) => `(${String(index + 1)}, ${value})`).join(', ')}`
}

async function valuesOf({ query }: Operated): Promise<unknown> {
  return (await query('SELECT v::text FROM public.fresh ORDER BY k')).map(({ v }) => v as string)
}

/** Passes of the comparison, as they are told. */
function passesOf({ engine }: Operated): readonly number[] {
  const passes: number[] = []
  engine.on('stepped:compared', ({ pass }) => passes.push(pass))
  return passes
}

const equals = [
  ['citext in other letters', 'citext', `'Foo'`, `'foo'`],
  ['a number with another scale', 'numeric', `'1.0'`, `'1.00'`],
  ['json, which has no equality', 'json', `'{"a": 1}'`, `'{"a":  1}'`],
] as const

test.each(equals)('a change that is none by the type’s own equality arrives: %s', async (_, type, before, after) => {
  const bundle = await operated(`CREATE EXTENSION citext; ${oldTable(type, before)}`, like, copy)
  expect(await bundle.run()).toMatchObject({ reason: 'completed' })
  await bundle.query(`UPDATE public.old SET v = ${after}`)
  expect(await bundle.again()).toMatchObject({ reason: 'completed' })
  expect(await valuesOf(bundle)).toEqual([after.slice(1, -1)])
})

test('a conflict key that is the same in other letters is the same', async () => {
  const bundle = await operated(
    `CREATE EXTENSION citext; CREATE TABLE old (id bigserial PRIMARY KEY, k citext NOT NULL UNIQUE, v text);
     INSERT INTO old (k, v) VALUES ('One', 'a')`,
    ...[like, copy],
  )
  await bundle.run()
  await bundle.query(`UPDATE public.old SET k = 'ONE', v = 'b'`)
  expect(await bundle.again()).toMatchObject({ reason: 'completed' })
  expect(await bundle.result(COPY)).toMatchObject({ rows: 1, passes: 1, notFromSource: 0 })
  expect(await valuesOf(bundle)).toEqual(['b'])
})

test('rows that are equal already are not written again', async () => {
  const bundle = await operated(oldTable('text', `'a'`, `'b'`), like, copy)
  await bundle.run()
  const places = 'SELECT ctid::text AS place FROM public.fresh ORDER BY k'
  const before = await bundle.query(places)
  await bundle.again()
  expect(await bundle.query(places)).toEqual(before)
  expect(await bundle.result(COPY)).toMatchObject({ rowsCopiedAgain: 0, passes: 1 })
})

test('values that changed places are found: rows are compared pair by pair', async () => {
  const bundle = await operated(oldTable('text', `'a'`, `'b'`), like, copy)
  await bundle.query(
    `CREATE TABLE public.fresh (LIKE public.old INCLUDING ALL);
     CREATE SEQUENCE public.tries;
     CREATE FUNCTION public.swapped() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
       IF nextval('public.tries') <= 2 THEN NEW.v := translate(NEW.v, 'ab', 'ba'); END IF; RETURN NEW; END $$;
     CREATE TRIGGER swaps BEFORE INSERT ON public.fresh FOR EACH ROW EXECUTE FUNCTION public.swapped()`,
  )
  expect(await bundle.run()).toMatchObject({ reason: 'completed' })
  expect(await valuesOf(bundle)).toEqual(['a', 'b'])
  expect(await bundle.result(COPY)).toMatchObject({ rows: 2, rowsCopiedAgain: 2 })
})

test('a copy ends while every chunk of its source is written all the time', async () => {
  const bundle = await operated(
    `CREATE TABLE old (id bigserial PRIMARY KEY, k int NOT NULL UNIQUE, v text);
     INSERT INTO old (k, v) SELECT i, md5(i::text) FROM generate_series(1, 25000) AS i; ANALYZE old`,
    ...[like, copy],
  )
  const passes = passesOf(bundle)
  const writing = { isOn: true, writes: 0 }
  const writer = (async () => {
    while (writing.isOn) {
      // One row of each chunk, one that is written again and again, and a new one.
      await bundle.query(
        `UPDATE public.old SET v = random()::text WHERE k = 1 OR k % 10000 = floor(random() * 10000)::int`,
      )
      await bundle.query(`INSERT INTO public.old (k, v) SELECT max(k) + 1, 'new' FROM public.old`)
      writing.writes += 1
    }
  })()
  const turn = await bundle.run()
  writing.isOn = false
  await writer
  expect(turn).toMatchObject({ reason: 'completed' })
  expect(writing.writes).toBeGreaterThan(passes.length)
  const result = await bundle.result(COPY)
  expect(result).toMatchObject({ notFromSource: 0, rowsKept: 0 })
  expect(Number(result?.rowsCopiedAgain)).toBeGreaterThan(0)
  expect(Number(result?.rows)).toBeGreaterThan(25_000)
  // What came after the proof comes with the next one.
  expect(await bundle.again()).toMatchObject({ reason: 'completed' })
  expect(await bundle.query('SELECT k, v FROM public.old EXCEPT SELECT k, v FROM public.fresh')).toEqual([])
}, 60_000)

const meddlers = [
  ['before it is written', 'BEFORE', `NEW.v := NEW.v || '!'; RETURN NEW`],
  [
    'after it is written',
    'AFTER',
    `IF NEW.v NOT LIKE '%!' THEN UPDATE public.fresh SET v = v || '!' WHERE k = NEW.k; END IF; RETURN NULL`,
  ],
] as const

test.each(meddlers)('a trigger that changes each row %s is told after five passes', async (_, when, body) => {
  const bundle = await operated(oldTable('text', `'a'`, `'b'`), like, copy)
  await bundle.query(
    `CREATE TABLE public.fresh (LIKE public.old INCLUDING ALL);
     CREATE FUNCTION public.meddled() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN ${body}; END $$;
     CREATE TRIGGER meddles ${when} INSERT OR UPDATE ON public.fresh FOR EACH ROW EXECUTE FUNCTION public.meddled()`,
  )
  const passes = passesOf(bundle)
  expect(await bundle.run()).toMatchObject({
    reason: 'tried',
    message: expect.stringContaining('fresh still differs from old after 5 passes') as unknown,
  })
  expect(passes).toEqual([1, 2, 3, 4, 5])
})

test('what changes rows on their way in is told also while their source is written', async () => {
  const bundle = await operated(oldTable('text', `'a'`, `'b'`), like, copy)
  await bundle.query(
    `CREATE TABLE public.fresh (LIKE public.old INCLUDING ALL);
     CREATE FUNCTION public.meddled() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN ${meddlers[1][2]}; END $$;
     CREATE TRIGGER meddles AFTER INSERT OR UPDATE ON public.fresh FOR EACH ROW EXECUTE FUNCTION public.meddled()`,
  )
  const writing = { isOn: true }
  const writer = (async () => {
    while (writing.isOn) await bundle.query(`UPDATE public.old SET v = random()::text WHERE k = 1`)
  })()
  const turn = await bundle.run()
  writing.isOn = false
  await writer
  expect(turn.message).toContain('fresh still differs from old after 5 passes')
})

test('a pass behind one that somebody was in the way of is counted', async () => {
  const bundle = await operated(oldTable('text', `'a'`), like, copy)
  await bundle.query(
    `CREATE TABLE public.fresh (LIKE public.old INCLUDING ALL);
     CREATE SEQUENCE public.tries;
     CREATE FUNCTION public.meddled() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
       IF nextval('public.tries') < 4 THEN NEW.v := NEW.v || '!'; END IF; RETURN NEW; END $$;
     CREATE TRIGGER meddles BEFORE INSERT OR UPDATE ON public.fresh FOR EACH ROW EXECUTE FUNCTION public.meddled()`,
  )
  expect(await bundle.run()).toMatchObject({ reason: 'completed' })
  expect(await valuesOf(bundle)).toEqual(['a'])
  expect((await bundle.result(COPY))?.passes).toBeGreaterThan(1)
})

test('a table is copied from one schema to another', async () => {
  const bundle = await operated(
    `CREATE SCHEMA app; ${oldTable('text', `'a'`, `'b'`)}; CREATE TABLE app.fresh (LIKE old INCLUDING ALL);
     INSERT INTO old (k) SELECT generate_series(11, 1500)`,
    copyRows({ from: 'public.old', to: 'app.fresh', columns: ['k', 'v'], onConflict: { columns: ['k'] } }),
  )
  expect(await bundle.run()).toMatchObject({ reason: 'completed' })
  expect(await bundle.query('SELECT count(*)::int AS count FROM app.fresh')).toEqual([{ count: 1_492 }])
})
