/** Real worker threads under a real engine: what the pool answers is seen in the database. */
import { createHash } from 'node:crypto'
import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, it, onTestFinished } from 'vitest'
import { openCatalogue } from '../../src/catalogue/loader.ts'
import { createRowPool, type RowPool } from '../../src/host/row-pool/row-pool.ts'
import { type Bundle, setup } from '../support/engine-setup.ts'
import { commandLine, valueOf } from '../cli/command-line.ts'
import { failureOf } from '../support/performed.ts'
import { until } from '../support/until.ts'

const FIXTURE = fileURLToPath(new URL('../fixtures/catalogues/rows', import.meta.url))
const SCHEMA = `CREATE TABLE public.items (id bigint PRIMARY KEY, name text);
  INSERT INTO public.items SELECT n, 'item ' || n FROM generate_series(1, 400) AS n;
  CREATE TABLE public.labels (id bigint PRIMARY KEY, label text NOT NULL)`

interface Pooled extends Bundle {
  readonly migrationId: string
  readonly folder: string
  readonly pool: RowPool
}

async function pooled(schema = '', options: Parameters<typeof createRowPool>[0] = { workers: 3 }): Promise<Pooled> {
  const folder = await mkdtemp(join(tmpdir(), 'tranche-rows-'))
  await cp(FIXTURE, folder, { recursive: true })
  const catalogue = await openCatalogue(folder)
  const pool = createRowPool(options)
  onTestFinished(async () => {
    await pool.close()
    catalogue.close()
    await rm(folder, { recursive: true })
  })
  const bundle = await setup({
    schema: `${SCHEMA}; ${schema}`,
    ports: { definitions: catalogue, rowTransformer: pool },
  })
  const { migration } = await bundle.engine.queue({ jobClassName: 'LabelItems', jobArguments: ['!'] })
  return { ...bundle, migrationId: migration.id, folder, pool }
}

const labelled = ({ query }: Bundle): Promise<unknown[]> => query('SELECT count(*)::int AS count FROM labels')

it('transforms in threads of their own, in the order of the rows, with arguments parsed there', async () => {
  const bundle = await pooled(
    `UPDATE items SET name = NULL WHERE id = 7; UPDATE items SET name = 'slow' WHERE id % 50 = 1`,
  )
  expect(await bundle.engine.run(bundle.migrationId)).toMatchObject({
    reason: 'finished',
    rows: { scanned: 400, changed: 399, unresolved: 1, quarantined: 0 },
  })
  const rows = await bundle.query<{ name: string; label: string }>(
    'SELECT name, label FROM items JOIN labels USING (id)',
  )
  const wrong = rows.filter(({ name, label }) => label !== createHash('md5').update(`${name}!`).digest('hex'))
  expect(wrong).toEqual([])
  const logs = bundle.heard.filter(({ name }) => name === 'definition:log')
  expect(logs.length).toBeGreaterThanOrEqual(1)
  expect(logs.length).toBeLessThanOrEqual(3)
})

it('quarantines the rows whose transform throws or returns what is no plain value, and no other', async () => {
  const bundle = await pooled(
    `UPDATE items SET name = 'poison' WHERE id = 3; UPDATE items SET name = 'function' WHERE id = 120; UPDATE items SET name = 'nothing' WHERE id = 399`,
  )
  expect(await bundle.engine.run(bundle.migrationId)).toMatchObject({
    reason: 'finished',
    rows: { scanned: 400, changed: 397, quarantined: 3 },
  })
  expect(
    await bundle.query(
      `SELECT row_key[1] AS id, error_class, error_stack LIKE '%label_items.ts%' AS has_place FROM tranche.quarantine ORDER BY row_key[1]::int`,
    ),
  ).toEqual([
    { id: '3', error_class: 'PoisonedRow', has_place: true },
    { id: '120', error_class: 'DataCloneError', has_place: false },
    { id: '399', error_class: 'TypeError', has_place: false },
  ])
})

it.each(['hang', 'forever'])(
  'ends a thread that stands still (%s), fails the attempt, and goes on with others',
  async (how) => {
    const bundle = await pooled(`UPDATE items SET name = '${how}' WHERE id = 60`, { workers: 2, rowLimitMs: 1_500 })
    expect(await bundle.engine.run(bundle.migrationId, { maxJobs: 2 })).toMatchObject({ reason: 'job_limit' })
    expect(await failureOf(bundle.engine, bundle.migrationId)).toContain('finished no row for 1.5 s')
    expect(await labelled(bundle)).toEqual([{ count: 250 }])

    await bundle.query(`UPDATE items SET name = 'mended' WHERE id = 60`)
    expect(await bundle.engine.run(bundle.migrationId)).toMatchObject({ reason: 'finished' })
    expect(await labelled(bundle)).toEqual([{ count: 400 }])
  },
)

it.each([
  ['exit', 'it ended with exit code 3'],
  ['crash', 'Error: thrown where nobody waits'],
])(
  'outlives a thread that dies (%s): the attempt fails with its reason, and a retry ends well',
  async (how, because) => {
    const bundle = await pooled(`UPDATE items SET name = '${how}' WHERE id = 260`)
    expect(await bundle.engine.run(bundle.migrationId)).toMatchObject({ reason: 'failed' })
    expect(await failureOf(bundle.engine, bundle.migrationId)).toContain(because)
    expect(await labelled(bundle)).toEqual([{ count: 250 }])

    await bundle.query(`UPDATE items SET name = 'mended' WHERE id = 260`)
    await bundle.engine.retry(bundle.migrationId)
    expect(await bundle.engine.run(bundle.migrationId)).toMatchObject({ reason: 'finished' })
    expect(await labelled(bundle)).toEqual([{ count: 400 }])
  },
)

it('is stopped in the middle of a transform, at once, without an attempt; a later run does no row twice', async () => {
  const bundle = await pooled(`UPDATE items SET name = 'forever' WHERE id = 70`)
  const stop = new AbortController()
  const running = bundle.engine.run(bundle.migrationId, { signal: stop.signal })
  await until(async () => (await bundle.query('SELECT FROM labels')).length === 50)
  stop.abort(new Error('stopped by the test'))

  expect(await running).toMatchObject({ reason: 'aborted' })
  expect(await bundle.query('SELECT attempts, status FROM tranche.batched_background_migration_jobs')).toEqual([
    { attempts: 0, status: 0 },
  ])
  await bundle.query(`UPDATE items SET name = 'mended' WHERE id = 70`)
  // A row that is written twice would break the primary key.
  expect(await bundle.engine.run(bundle.migrationId)).toMatchObject({ reason: 'finished', rows: { changed: 350 } })
  expect(await labelled(bundle)).toEqual([{ count: 400 }])
})

it('runs only the text that was queued', async () => {
  const bundle = await pooled()
  await writeFile(
    join(bundle.folder, '_lib/label.ts'),
    'export const countCall = () => 1\nexport const labelOf = () => "other"\n',
  )
  expect(await bundle.engine.run(bundle.migrationId)).toMatchObject({ reason: 'failed' })
  expect(await failureOf(bundle.engine, bundle.migrationId)).toContain('changed while a run was going on')
  expect(await labelled(bundle)).toEqual([{ count: 0 }])
})

it('rejects what is asked of a closed pool', async () => {
  const bundle = await pooled()
  await bundle.pool.close()
  expect(await bundle.engine.run(bundle.migrationId)).toMatchObject({ reason: 'failed' })
  expect(await failureOf(bundle.engine, bundle.migrationId)).toContain('the pool is closed')
})

it('killed in the middle, the command line goes on behind what was committed, and writes no row twice', async () => {
  const bundle = await pooled(`UPDATE items SET name = 'slow' WHERE id % 2 = 0`)
  const tranche = commandLine(bundle.database.connection, { TRANCHE_CATALOGUE: bundle.folder })
  const { child, ended } = tranche.start('run', bundle.migrationId)
  await until(async () => (await bundle.query('SELECT FROM labels')).length >= 100)
  child.kill('SIGKILL')
  await ended

  // A row that is written twice would break the primary key.
  expect(valueOf(await tranche.json('run', bundle.migrationId))).toMatchObject({ reason: 'finished' })
  expect(await labelled(bundle)).toEqual([{ count: 400 }])
})

it('leaves stdout to the answer, whatever a definition prints', async () => {
  const bundle = await pooled(`UPDATE items SET name = 'print' WHERE id = 10`)
  const tranche = commandLine(bundle.database.connection, { TRANCHE_CATALOGUE: bundle.folder })
  const answer = await tranche.json('run', bundle.migrationId)
  expect(valueOf(answer)).toMatchObject({ reason: 'finished', rows: { changed: 400 } })
  expect(answer.stderr).toContain('printed by a definition')
})
