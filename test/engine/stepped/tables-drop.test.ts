import { expect, test } from 'vitest'
import { check, dropTable, sql } from '../../../src/catalogue/api.ts'
import type { Operation } from '../../../src/catalogue/stepped/definition.ts'
import { type Operated, operated, underPath } from '../../support/performed-operations.ts'
import { FIRST } from '../../support/stepped.ts'
import { until } from '../../support/until.ts'

const isEmpty = check.none('the old table is empty', sql`SELECT id FROM old`)

/** Agreed to already. */
async function approved(schema: string, operation: Operation): Promise<Operated> {
  const bundle = await operated(schema, operation)
  await bundle.run()
  await bundle.engine.stepped.approve(FIRST)
  return bundle
}

async function isThere({ query }: Operated): Promise<unknown> {
  const [row] = await query(`SELECT to_regclass('public.old') IS NOT NULL AS is_there`)
  return row?.is_there
}

test('a row that is committed while the drop waits for its lock is seen by the checks, and the table stays', async () => {
  const bundle = await approved(
    'CREATE TABLE old (id int)',
    dropTable('old', { why: 'it is empty', before: [isEmpty] }),
  )
  const writer = await bundle.database.connect()
  await writer.query('BEGIN; INSERT INTO public.old VALUES (1)')
  const turn = bundle.run()
  await until(async () => {
    const waiting = await bundle.query(
      `SELECT FROM pg_locks WHERE NOT granted AND relation = 'public.old'::regclass AND mode = 'AccessExclusiveLock'`,
    )
    return waiting.length > 0
  })
  await writer.query('COMMIT')
  expect(await turn).toMatchObject({
    reason: 'tried',
    message: expect.stringContaining(
      'old is not dropped: the old table is empty: expected no row, found 1 row',
    ) as unknown,
  })
  expect(await isThere(bundle)).toBe(true)
})

test('a check can write nothing, and one whose query fails drops nothing', async () => {
  const deletes = check.count('nothing is left', sql`SELECT emptied()`, 0)
  const bundle = await approved(
    `CREATE TABLE old (id int); INSERT INTO old VALUES (1);
     CREATE FUNCTION emptied() RETURNS int LANGUAGE sql AS 'DELETE FROM public.old; SELECT 0'`,
    dropTable('old', { why: 'it is empty', before: [deletes] }),
  )
  expect((await bundle.run()).message).toContain('cannot execute DELETE in a read-only transaction')
  expect(await isThere(bundle)).toBe(true)
})

test('what hangs on a table is never dropped with it', async () => {
  const bundle = await approved(
    'CREATE TABLE old (id int); CREATE VIEW shown AS SELECT id FROM old',
    dropTable('old', { why: 'it is old', before: [isEmpty] }),
  )
  expect(await bundle.run()).toMatchObject({
    reason: 'tried',
    message: expect.stringContaining('other objects depend on it') as unknown,
  })
  expect(await isThere(bundle)).toBe(true)
  await bundle.query('DROP VIEW public.shown')
  expect(await bundle.run()).toMatchObject({ reason: 'completed' })
  expect(await isThere(bundle)).toBe(false)
})

test('a table behind the first schema of the search path is dropped; one that is gone needs no check', async () => {
  const bundle = await approved(
    'CREATE SCHEMA app; CREATE TABLE old (id int)',
    dropTable('old', { why: 'it is old', before: [isEmpty] }),
  )
  expect(await bundle.run(await underPath(bundle, 'app, public'))).toMatchObject({ reason: 'completed' })
  expect(await bundle.result('drop_table_old')).toEqual({ wasThere: true })
  expect(await isThere(bundle)).toBe(false)
  await bundle.engine.stepped.reset(FIRST)
  await bundle.engine.stepped.approve(FIRST)
  expect(await bundle.run()).toMatchObject({ reason: 'completed' })
  expect(await bundle.result('drop_table_old')).toEqual({ wasThere: false })
})

test('a table is named with its schema where the search path finds another one first', async () => {
  const bundle = await approved(
    'CREATE SCHEMA app; CREATE TABLE app.old (id int); CREATE TABLE old (id int)',
    dropTable('app.old', { why: 'it is old' }),
  )
  expect(await bundle.run()).toMatchObject({ reason: 'completed' })
  expect(await isThere(bundle)).toBe(true)
  expect(await bundle.query(`SELECT to_regclass('app.old') AS old`)).toEqual([{ old: null }])
})
