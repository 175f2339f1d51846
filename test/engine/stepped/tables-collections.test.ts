import { expect, test } from 'vitest'
import {
  addField,
  bigint,
  createCollection,
  defineSteppedMigration,
  dropCollection,
  keyword,
  updateCollectionMetadata,
} from '../../../src/catalogue/api.ts'
import { operated, underPath } from '../../support/performed-operations.ts'
import { FIRST, SECOND } from '../../support/stepped.ts'

const fields = { project_id: bigint({ index: true }) }

test('a partition’s name that another table has is not taken for the partition', async () => {
  const bundle = await operated('CREATE TABLE ai_code_1 (id int)', createCollection('code', { partitions: 2, fields }))
  expect(await bundle.run()).toMatchObject({
    reason: 'tried',
    message: expect.stringContaining(
      'public.ai_code_1 is taken by something else than a partition of ai_code',
    ) as unknown,
  })
  await bundle.query('DROP TABLE public.ai_code_1')
  expect(await bundle.run()).toMatchObject({ reason: 'completed' })
  expect(
    await bundle.query(
      `SELECT relname AS name FROM pg_inherits JOIN pg_class AS c ON c.oid = inhrelid WHERE inhparent = 'public.ai_code'::regclass ORDER BY 1`,
    ),
  ).toEqual([{ name: 'ai_code_0' }, { name: 'ai_code_1' }])
})

test('an index’s name that another table’s index has is not taken for the index', async () => {
  const bundle = await operated(
    'CREATE TABLE others (project_id int); CREATE INDEX ai_code_project_id_idx ON others (project_id)',
    createCollection('code', { partitions: 1, fields }),
  )
  expect((await bundle.run()).message).toContain('is taken by something else than an index of ai_code')
  expect(await bundle.query(`SELECT to_regclass('public.ai_code_project_id_idx') IS NOT NULL AS is_there`)).toEqual([
    { is_there: true },
  ])
})

test('an index that a stopped build left invalid is built anew', async () => {
  const bundle = await operated('', createCollection('code', { partitions: 1, fields }))
  await bundle.run()
  const isValid = `SELECT indisvalid AS is_valid FROM pg_index WHERE indexrelid = 'public.ai_code_project_id_idx'::regclass`
  // As a parent's is until each partition has one: ON ONLY attaches none.
  await bundle.query('DROP INDEX public.ai_code_project_id_idx')
  await bundle.query('CREATE INDEX ai_code_project_id_idx ON ONLY public.ai_code (project_id)')
  expect(await bundle.query(isValid)).toEqual([{ is_valid: false }])
  expect(await bundle.again()).toMatchObject({ reason: 'completed' })
  expect(await bundle.query(isValid)).toEqual([{ is_valid: true }])
})

test('metadata is merged', async () => {
  const bundle = await operated(
    '',
    createCollection('code', { partitions: 1, fields }),
    updateCollectionMetadata('code', { model: 'one', size: 3 }),
  )
  await bundle.run()
  await bundle.query(`UPDATE tranche.stepped_collections SET metadata = metadata || '{"kept": true, "model": "other"}'`)
  await bundle.again()
  expect((await bundle.engine.stepped.list()).collections).toMatchObject([
    { metadata: { kept: true, model: 'one', size: 3 } },
  ])
})

test('ref fields are left out on request', async () => {
  const bundle = await operated(
    '',
    createCollection('code', { partitions: 1, fields, options: { includeRefFields: false } }),
  )
  await bundle.run()
  const columns = await bundle.query(
    `SELECT attname FROM pg_attribute WHERE attrelid = 'public.ai_code'::regclass AND attnum > 0 ORDER BY attnum`,
  )
  expect(columns.map(({ attname }) => attname as string)).toEqual(['partition_id', 'project_id', 'id'])
})

test('a field of a collection that nobody made is refused', async () => {
  const bundle = await operated('', addField('code', { title: keyword() }))
  expect(await bundle.run()).toMatchObject({
    reason: 'tried',
    message: expect.stringContaining('the connection "local" has no collection code') as unknown,
  })
})

test('a collection stays in the schema in which it is found: it is completed and dropped there', async () => {
  const bundle = await operated('CREATE SCHEMA app', createCollection('code', { partitions: 2, fields }))
  const relations = async (): Promise<readonly string[]> => {
    const rows = await bundle.query(
      `SELECT relnamespace::regnamespace || '.' || relname AS name FROM pg_class
        WHERE relname LIKE 'ai\\_%' AND relkind IN ('r', 'p', 'I') ORDER BY relname`,
    )
    return rows.map(({ name }) => name as string)
  }
  await bundle.run()
  const whole = await relations()
  await bundle.query('DROP TABLE public.ai_code_1; DROP INDEX public.ai_code_project_id_idx')
  const engine = await underPath(bundle, 'app, public')
  await engine.stepped.reset(FIRST)
  expect(await bundle.run(engine)).toMatchObject({ reason: 'completed' })
  expect(await relations()).toEqual(whole)

  bundle.files.push(defineSteppedMigration({ version: SECOND, operations: [dropCollection('code')] }))
  expect(await bundle.run(engine)).toMatchObject({ reason: 'completed' })
  expect(await relations()).toEqual([])
})
