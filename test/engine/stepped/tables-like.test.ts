import { expect, test } from 'vitest'
import { createTableLike } from '../../../src/catalogue/api.ts'
import { type Operated, operated, underPath } from '../../support/performed-operations.ts'

const like = createTableLike('fresh', { like: 'old' })
const nullable = createTableLike('fresh', { like: 'old', nullable: true })

async function foreignKeys({ query }: Operated): Promise<unknown> {
  const rows = await query(
    `SELECT pg_get_constraintdef(oid) AS definition FROM pg_constraint
      WHERE conrelid = 'public.fresh'::regclass AND contype = 'f' ORDER BY 1`,
  )
  return rows.map(({ definition }) => String(definition).replaceAll('public.', ''))
}

/** Columns of the new table that must not be NULL. */
async function notNulls({ query }: Operated): Promise<unknown> {
  const rows = await query(
    `SELECT attname FROM pg_attribute WHERE attrelid = 'public.fresh'::regclass AND attnum > 0 AND attnotnull ORDER BY attnum`,
  )
  return rows.map(({ attname }) => attname as string)
}

test('foreign keys are copied, and one to the table itself leads to the new one', async () => {
  const bundle = await operated(
    `CREATE TABLE owners (id int PRIMARY KEY);
     CREATE TABLE old (id bigserial PRIMARY KEY, owner_id int REFERENCES owners ON DELETE CASCADE, parent_id bigint REFERENCES old (id))`,
    like,
  )
  expect(await bundle.run()).toMatchObject({ reason: 'completed' })
  expect(await foreignKeys(bundle)).toEqual([
    'FOREIGN KEY (owner_id) REFERENCES owners(id) ON DELETE CASCADE',
    'FOREIGN KEY (parent_id) REFERENCES fresh(id)',
  ])
  await bundle.query('DROP TABLE public.old')
})

test('a sequence of the old table becomes one of the new table, of the same kind; a shared one stays shared', async () => {
  const bundle = await operated(
    `CREATE TABLE sold (ticket bigint); CREATE SEQUENCE tickets START 5000 OWNED BY sold.ticket;
     CREATE TABLE old (id bigserial PRIMARY KEY, ticket bigint DEFAULT nextval('tickets'));
     ALTER SEQUENCE old_id_seq INCREMENT BY 10`,
    like,
  )
  expect(await bundle.run()).toMatchObject({ reason: 'completed' })
  await bundle.query('INSERT INTO public.old DEFAULT VALUES; INSERT INTO public.fresh DEFAULT VALUES')
  await bundle.query('INSERT INTO public.fresh DEFAULT VALUES; DROP TABLE public.old')
  expect(await bundle.query('SELECT id, ticket FROM public.fresh ORDER BY id')).toEqual([
    { id: '1', ticket: '5001' },
    { id: '11', ticket: '5002' },
  ])
})

test('NOT NULL goes where it may: neither from the primary key nor from an identity', async () => {
  const bundle = await operated(
    `CREATE TABLE old (id bigint PRIMARY KEY, number bigint GENERATED ALWAYS AS IDENTITY, name text NOT NULL)`,
    nullable,
  )
  expect(await bundle.run()).toMatchObject({ reason: 'completed' })
  expect(await notNulls(bundle)).toEqual(['id', 'number'])
  expect(await bundle.result('create_table_fresh')).toEqual({ wasThere: false })
})

test('a table that is there without a column of the old one is refused, and left alone', async () => {
  const bundle = await operated(
    `CREATE TABLE old (id bigint PRIMARY KEY, name varchar(10), size int); CREATE TABLE fresh (id bigint PRIMARY KEY, name varchar(20))`,
    like,
  )
  expect((await bundle.run()).message).toContain(
    'the table fresh is there, but without the columns of old: name character varying(10), size integer',
  )
})

test('a table that is there without the primary key of the old one is refused', async () => {
  const bundle = await operated('CREATE TABLE old (id bigint PRIMARY KEY); CREATE TABLE fresh (id bigint)', like)
  expect((await bundle.run()).message).toContain(
    'the table fresh is there, but nothing in it keeps (id) unique, the primary key of old',
  )
  await bundle.query('ALTER TABLE public.fresh ADD PRIMARY KEY (id)')
  expect(await bundle.run()).toMatchObject({ reason: 'completed' })
  expect(await bundle.result('create_table_fresh')).toEqual({ wasThere: true })
})

test('a table that is there and does not let its columns be NULL is told as such', async () => {
  const bundle = await operated(
    `CREATE TABLE old (id bigint PRIMARY KEY, name text NOT NULL);
     CREATE TABLE fresh (LIKE old INCLUDING ALL); ALTER TABLE fresh ADD COLUMN more int NOT NULL DEFAULT 1`,
    nullable,
  )
  const told: string[] = []
  bundle.engine.on('stepped:told', ({ level, message }) => told.push(`${level} ${message}`))
  expect(await bundle.run()).toMatchObject({ reason: 'completed' })
  expect(await bundle.result('create_table_fresh')).toEqual({ wasThere: true, stillNotNull: 'name, more' })
  expect(told).toContain('warn fresh was there, and these columns of it are still NOT NULL: name, more')
})

test('a table behind the first schema of the search path can be copied, and counts as there', async () => {
  const bundle = await operated('CREATE SCHEMA app; CREATE TABLE old (id bigint PRIMARY KEY)', like)
  const engine = await underPath(bundle, 'app, public')
  expect(await bundle.run(engine)).toMatchObject({ reason: 'completed' })
  expect(await bundle.query(`SELECT to_regclass('app.fresh') IS NOT NULL AS made`)).toEqual([{ made: true }])
  await bundle.query('DROP TABLE app.fresh; CREATE TABLE public.fresh (id bigint PRIMARY KEY)')
  expect(await bundle.again(engine)).toMatchObject({ reason: 'completed' })
  expect(await bundle.result('create_table_fresh')).toEqual({ wasThere: true })
  expect(await bundle.query(`SELECT to_regclass('app.fresh') AS made`)).toEqual([{ made: null }])
})
