/** What stepped migrations refuse, or say of themselves, at the edges of their rules. */
import { expect, onTestFinished, test } from 'vitest'
import {
  bigint,
  createCollection,
  defineSteppedMigration,
  runSql,
  sql,
  type SteppedMigrationDefinition,
} from '../../../src/catalogue/api.ts'
import { createAdapters } from '../../../src/host/adapters.ts'
import { silentLogger } from '../../support/engine-ports.ts'
import { counting, FIRST, SECOND, setupStepped, turn } from '../../support/stepped.ts'

function collection(version: string, name: string, partitions: number): SteppedMigrationDefinition {
  return defineSteppedMigration({
    version,
    operations: [createCollection(name, { partitions, fields: { project_id: bigint({ index: true }) } })],
  })
}

test('a file that was changed since its last run is told', async () => {
  const bundle = await setupStepped([counting(FIRST, 'one')])
  await turn(bundle)
  expect((await bundle.engine.stepped.list()).migrations).toMatchObject([{ hasDrifted: false }])
  bundle.files.splice(0, 1, counting(FIRST, 'one', 'two'))

  expect((await bundle.engine.stepped.list()).migrations).toMatchObject([{ hasDrifted: true, status: 'completed' }])
})

test('skip may read, and write nothing', async () => {
  const skipping = defineSteppedMigration({
    version: FIRST,
    skip: async ({ query }) => {
      await query(sql`INSERT INTO public.runs (name) VALUES ('skip')`)
      return true
    },
    operations: [runSql('one', sql`SELECT 1`)],
  })
  const bundle = await setupStepped([skipping])

  expect(await turn(bundle)).toEqual({ reason: 'tried', version: FIRST })
  expect((await bundle.engine.stepped.list()).migrations[0]?.errorMessage).toContain('read-only transaction')
  expect(await bundle.query('SELECT * FROM public.runs')).toEqual([])
})

test('a collection that is there with other partitions is not taken for the one that is wanted', async () => {
  const bundle = await setupStepped([collection(FIRST, 'code', 2), collection(SECOND, 'code', 3)])
  await turn(bundle)

  expect(await turn(bundle)).toEqual({ reason: 'tried', version: SECOND })
  expect((await bundle.engine.stepped.list()).migrations[1]?.errorMessage).toBe(
    'definition_invalid: the collection code is there with 2 partitions; the definition wants 3',
  )
})

test('a name that PostgreSQL would cut is refused before anything is made', async () => {
  const fields = { ['f'.repeat(20)]: bigint({ index: true }) }
  const long = createCollection('c'.repeat(40), { partitions: 1, fields })
  const bundle = await setupStepped([defineSteppedMigration({ version: FIRST, operations: [long] })])

  expect(await turn(bundle)).toEqual({ reason: 'tried', version: FIRST })
  expect((await bundle.engine.stepped.list()).migrations[0]?.errorMessage).toContain('63')
  expect(await bundle.query(`SELECT relname FROM pg_class WHERE relname LIKE 'ai_%'`)).toEqual([])
})

test('variables that speak of the target say nothing of an adapter', async () => {
  const adapters = createAdapters({
    applicationName: 'tranche test',
    logger: silentLogger,
    env: { PGHOST: 'target.example.com', PGUSER: 'target', PGDATABASE: 'target', PGPORT: '1', PGPASSWORD: 'secret' },
  })
  onTestFinished(() => adapters.close())
  const { description } = await adapters.open('postgres://127.0.0.1/vectors?sslmode=disable')

  expect(description).toContain('127.0.0.1:5432')
  expect(description).not.toContain('target')
})
