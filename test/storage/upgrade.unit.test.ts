/** Files of every earlier version, made by that version's own steps, with rows in each table. */
import { execFile } from 'node:child_process'
import { readdir, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import Database from 'better-sqlite3'
import { expect, it, onTestFinished } from 'vitest'
import { openStorage, type Storage } from '../../src/storage/open.ts'
import { readSchemaSteps } from '../../src/storage/schema-steps.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

const FIXTURES = fileURLToPath(new URL('../fixtures/console-db', import.meta.url))
const WRITER = fileURLToPath(new URL('../support/storage-process.ts', import.meta.url))
const VERSIONS = [1, 2, 3, 4, 5]

type Rows = Readonly<Record<string, readonly Readonly<Record<string, unknown>>[]>>

/** A folder with the file of a version, and what it held. */
async function setup(version: number): Promise<{ folder: string; file: string; before: Rows }> {
  const folder = await temporaryFolder()
  const file = join(folder, 'console.db')
  const database = new Database(file)
  database.exec(await readFile(join(FIXTURES, `v${String(version)}.sql`), 'utf8'))
  database.close()
  return { folder, file, before: rowsOf(file) }
}

async function open(folder: string): Promise<Storage> {
  const storage = await openStorage(folder)
  onTestFinished(() => {
    storage.close()
  })
  return storage
}

function rowsOf(file: string): Rows {
  const database = new Database(file, { readonly: true })
  const names = database.prepare("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name").pluck().all()
  const rows = Object.fromEntries(
    names.map((name) => [String(name), database.prepare(`SELECT * FROM "${String(name)}" ORDER BY 1, 2`).all()]),
  )
  database.close()
  return rows as Rows // by the statements above
}

/** The columns that were there before, of each row. */
function like(after: Rows, before: Rows): Rows {
  const same = Object.entries(before).map(([name, rows]) => [
    name,
    (after[name] ?? []).map((row, index) => {
      const columns = Object.keys(rows[index] ?? {})
      return Object.fromEntries(columns.map((column) => [column, row[column]]))
    }),
  ])
  return Object.fromEntries(same) as Rows // as above
}

it('has a file of every version but the newest', async () => {
  const newest = (await readSchemaSteps()).length

  expect(VERSIONS).toEqual(Array.from({ length: newest - 1 }, (_, index) => index + 1))
})

it.each(VERSIONS)('has not changed the steps that led to version %i', async (version) => {
  const { file } = await setup(version)
  const made = new Database(':memory:')
  for (const step of (await readSchemaSteps()).slice(0, version)) made.exec(step)
  const kept = new Database(file, { readonly: true })
  const schemaOf = (database: Database.Database): unknown =>
    database.prepare('SELECT name, sql FROM sqlite_schema WHERE sql IS NOT NULL ORDER BY name').all()

  const schemas = [schemaOf(made), schemaOf(kept)]

  kept.close()
  expect(schemas[0]).toEqual(schemas[1])
})

it.each(VERSIONS)('opens a file of version %i, and loses nothing', async (version) => {
  const { folder, file, before } = await setup(version)

  const storage = await open(folder)

  expect(like(rowsOf(file), before)).toEqual(before)
  const { items: jobs } = storage.jobs.page({
    installationId: 1,
    migrationId: '9007199254740993',
    after: null,
    limit: 9,
  })
  const events = storage.events.page({ installationId: 1, migrationId: null, only: 'all', after: null, limit: 9 })
  expect({
    connections: storage.connections.list().map(({ name, passwordCommand }) => [name, passwordCommand]),
    migrations: storage.migrations
      .page({ connectionId: null, after: null, limit: 9 })
      .items.map(({ state }) => state.id),
    runs: storage.runs.page({ connectionId: null, after: null, limit: 9 }).items.map(({ runId }) => runId),
    jobs: jobs.map(({ status }) => status),
    events: events.items.map(({ kind }) => kind),
    settings: storage.settings.read(),
  }).toEqual({
    connections: [
      ['CI', null],
      ['Staging – größe', null],
      ['practice', null],
    ],
    migrations: ['9007199254740993'],
    runs: ['r2', 'r1'],
    jobs: ['succeeded', 'succeeded', 'failed'],
    events: ['job_failed', 'queue'],
    settings: { theme: 'dark', hasMotion: false },
  })
})

it('keeps a copy of the file as it was before an upgrade, for its user alone', async () => {
  const { folder, before } = await setup(3)

  await open(folder)

  const copy = join(folder, 'console-v3.db')
  expect((await stat(copy)).mode & 0o777).toBe(0o600)
  expect(rowsOf(copy)).toEqual(before)
  expect((await readdir(folder)).filter((name) => !name.startsWith('console.db'))).toEqual(['console-v3.db'])
  const opened = new Database(copy)
  const marks = ['application_id', 'user_version'].map((name) => opened.pragma(name, { simple: true }))
  opened.close()
  expect(marks).toEqual([0x54726368, 3])
})

it('lets several processes upgrade a file at once, of which one does', async () => {
  const { folder, file, before } = await setup(2)

  await Promise.all(['a', 'b', 'c'].map((name) => promisify(execFile)(process.execPath, [WRITER, folder, name, '5'])))

  const after = rowsOf(file)
  expect(after.settings).toHaveLength(17)
  expect(like({ ...after, settings: [] }, { ...before, settings: [] })).toEqual({ ...before, settings: [] })
  expect(rowsOf(join(folder, 'console-v2.db'))).toEqual(before)
  expect((await readdir(folder)).filter((name) => !name.startsWith('console.db'))).toEqual(['console-v2.db'])
})

it('keeps the copies of the last two upgrades', async () => {
  const { folder, file } = await setup(5)
  for (const version of [5, 4, 3]) {
    const database = new Database(file)
    database.exec(`VACUUM INTO '${join(folder, `console-v${String(version - 2)}.db`)}'`)
    database.close()
  }

  await open(folder)

  expect((await readdir(folder)).filter((name) => name.startsWith('console-')).sort()).toEqual([
    'console-v3.db',
    'console-v5.db',
  ])
})

it('makes no copy of a file that it has just made, nor of one that is up to date', async () => {
  const folder = await temporaryFolder()
  ;(await openStorage(folder)).close()

  await open(folder)

  expect((await readdir(folder)).filter((name) => name.startsWith('console-'))).toEqual([])
})
