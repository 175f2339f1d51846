/** What an author of definitions has: a skeleton that an editor understands, and tests on a PostgreSQL of their own. */
import { execFile } from 'node:child_process'
import { mkdtemp, readFile, realpath, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, inject, it, onTestFinished } from 'vitest'
import { type CommandLine, commandLineWith, valueOf } from './command-line.ts'

const TSC = fileURLToPath(new URL('../../node_modules/typescript/bin/tsc', import.meta.url))
const PRACTICE = fileURLToPath(new URL('../../resources/practice', import.meta.url))
const STRAYING = fileURLToPath(new URL('../fixtures/catalogues/straying', import.meta.url))
const TESTED = fileURLToPath(new URL('../fixtures/catalogues/tested', import.meta.url))
const TESTED_STEPPED = fileURLToPath(new URL('../fixtures/catalogues/tested-stepped', import.meta.url))

/** On the server of this run, so that none has to be started. */
function author(): CommandLine {
  const { host, port, user, password, database } = inject('server')
  return commandLineWith({ TRANCHE_TEST_URL: `postgres://${user}:${password}@${host}:${String(port)}/${database}` })
}

async function emptyFolder(): Promise<string> {
  const folder = await realpath(await mkdtemp(join(tmpdir(), 'tranche-author-')))
  onTestFinished(() => rm(folder, { recursive: true }))
  return folder
}

/** What the compiler says of a catalogue; empty where nothing is wrong. */
async function complaints(folder: string): Promise<string> {
  try {
    await promisify(execFile)(process.execPath, [TSC, '-p', folder])
    return ''
  } catch (error) {
    return error instanceof Error && 'stdout' in error ? String(error.stdout) : String(error)
  }
}

it('writes a skeleton that type-checks, loads and passes its test', async () => {
  const folder = await emptyFolder()
  const { files } = valueOf(await author().json('init', folder))
  expect(files).toContain('fill_display_names.ts')
  expect(await complaints(folder)).toBe('')

  const { catalogue } = valueOf(await author().json('list', '--catalogue', folder))
  expect(catalogue).toMatchObject({ definitions: [{ jobClassName: 'FillDisplayNames' }], broken: [] })
  expect(valueOf(await author().json('test', folder)).tests).toMatchObject([
    { file: 'fill_display_names.test.ts', isPassed: true, message: null },
  ])
})

it('gives an editor the types of the API: a slip in a definition is seen before it runs', async () => {
  const folder = await emptyFolder()
  valueOf(await author().json('init', folder))
  await writeFile(
    join(folder, 'slips.ts'),
    `import { createHash } from 'node:crypto'
import { defineBatchedMigration, sql, z } from 'tranche'
export const digest = (text: string) => createHash('sha256').update(text).digest('hex')
export default defineBatchedMigration({
  jobClassName: 'Slips', description: 'x', table: 'users', column: 'id', batchSise: 10,
  arguments: { suffix: z.string() },
  perform: ({ subBatch, args }) => sql\`UPDATE users SET name = \${args.sufix} WHERE \${subBatch}\`,
})
`,
  )
  await writeFile(
    join(folder, 'asserts.test.ts'),
    `import assert from 'node:assert/strict'
import { test } from 'tranche/testing'
test('counts', () => assert.equal(1, 1))
`,
  )
  const said = await complaints(folder)
  expect(said).toContain('batchSise')
  expect(said).not.toContain('node:assert')
  expect(said).not.toContain('node:crypto')
})

it('written again, leaves what the author changed as it is', async () => {
  const folder = await emptyFolder()
  valueOf(await author().json('init', folder))
  await writeFile(join(folder, 'README.md'), 'mine')
  expect(valueOf(await author().json('init', folder)).files).toEqual(['.tranche/'])
  expect(await readFile(join(folder, 'README.md'), 'utf8')).toBe('mine')
})

it('asserts for free that a second run changes nothing, and says of each test how it ended', async () => {
  const { exitCode, document } = await author().json('test', TESTED)
  expect(exitCode).toBe(3)
  if (document.ok) throw new Error('expected a failure')
  expect(document.error.code).toBe('test_failed')
  const { tests } = document.error.details.report as { tests: { name: string; isPassed: boolean; message: string }[] }
  expect(tests.map(({ name, isPassed }) => [name, isPassed])).toEqual([
    ['is found not to be idempotent', false],
    ['passes where it adds nothing', true],
    ['passes where the column may differ', true],
    ['says which rows were expected', false],
    ['broken.test.ts', false],
  ])
  expect(tests[0]?.message).toContain('not idempotent: a second run changed public.items')
  expect(tests[3]?.message).toContain('11')
})

it('runs a stepped migration twice, and hears of its first failure', async () => {
  const { document } = await author().json('test', TESTED_STEPPED)
  if (document.ok) throw new Error('expected a failure')
  const { tests } = document.error.details.report as { tests: { name: string; message: string | null }[] }
  expect(tests.map(({ name, message }) => [name, message])).toEqual([
    [
      'makes another index each time',
      '20250101000000 is not idempotent: a second run made public.items: CREATE INDEX items_hits_idx1 ON public.items USING btree (hits)',
    ],
    [
      'counts up each time',
      '20250102000000 is not idempotent: a second run changed public.items: {"id": 1, "hits": 1} became {"id": 1, "hits": 2} (3 rows before, 3 after)',
    ],
    ['may count up where that is meant', null],
    ['fails at once', expect.stringContaining('20250103000000 did not complete: ')],
    ['makes a table with the prefix of the test', null],
  ])
  expect(tests[3]?.message).toContain('division by zero')
})

it('finds a definition that writes outside of its sub-batch, unless that is meant', async () => {
  const { exitCode, document } = await author().json('test', STRAYING)
  expect(exitCode).toBe(3)
  if (document.ok) throw new Error('expected a failure')
  const { tests } = document.error.details.report as { tests: { name: string; message: string | null }[] }
  expect(tests.map(({ name, message }) => [name, message?.split('. Every statement')[0] ?? null])).toEqual([
    [
      'fills another table with everything',
      'CopyAll ignores its sub-batch: over one without any row it changed public.copies: no row became {"id": 10} (0 rows before, 20 after)',
    ],
    [
      'updates every row as soon as there is one',
      'TouchAll reaches beyond its sub-batch: the first one, up to (id) = (3), changed items: {"id": 4, "hits": 0, "shard": 4} became {"id": 4, "hits": 1, "shard": 4}',
    ],
    ['reads everything', 'ReadAll ignores its sub-batch: over one without any row its select returned {"id":"1"}'],
    [
      'writes everything',
      'WriteAll reaches beyond its sub-batch: the first one, up to (shard, id) = (0, 15), changed items: {"id": 20, "hits": 0, "shard": 0} became {"id": 20, "hits": 1, "shard": 0}',
    ],
    ['may reach other rows where that is meant', null],
    ['stays in its slice of distinct values', null],
  ])
})

it('tests the practice definitions', async () => {
  const { tests } = valueOf(await author().json('test', PRACTICE))
  expect(tests.length).toBeGreaterThanOrEqual(3)
  expect(tests.filter(({ isPassed }) => !isPassed)).toEqual([])
})

it('lists the practice catalogue whole: stepped files, and the npm packages that a definition imports', async () => {
  const { catalogue } = valueOf(await author().json('list', '--catalogue', PRACTICE))
  const packages = catalogue?.definitions.filter((each) => each.packages.length > 0)
  expect(packages?.map((each) => [each.jobClassName, each.packages])).toEqual([
    ['BackfillWorkspaceAgentkStates', [expect.stringMatching(/^ajv@\d/), expect.stringMatching(/^js-yaml@\d/)]],
  ])
  expect(catalogue?.stepped.map(({ version, name }) => [version, name])).toContainEqual([
    '20250123143913',
    'create_code_embeddings',
  ])
  const { stdout } = await author().run('list', '--catalogue', PRACTICE)
  expect(stdout).toMatch(/20250123143913 +create_code_embeddings +stepped\//)
  expect(stdout).toMatch(/BackfillWorkspaceAgentkStates: ajv@[\d.]+, js-yaml@/)
})

it('says where a skeleton cannot be written', async () => {
  const { document } = await author().json('init', '/dev/null/migrations')
  expect(document).toMatchObject({ ok: false, error: { code: 'file_not_writable' } })
})

it('says where there is nothing to test', async () => {
  expect((await author().json('test', await emptyFolder())).document).toMatchObject({ error: { code: 'usage' } })
})
