import { execFile } from 'node:child_process'
import { chmod, mkdir, readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import Database from 'better-sqlite3'
import { expect, it, onTestFinished } from 'vitest'
import { dataFolder } from '../../src/storage/data-folder.ts'
import { assertNodeCanLoad, openStorage, type Storage } from '../../src/storage/open.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

const WRITER = fileURLToPath(new URL('../support/storage-process.ts', import.meta.url))

async function open(folder: string): Promise<Storage> {
  const storage = await openStorage(folder)
  onTestFinished(() => {
    storage.close()
  })
  return storage
}

it('tells how large its file is, with what was not moved into it yet', async () => {
  const folder = join(await temporaryFolder(), 'home')
  const storage = await open(folder)
  storage.settings.write({ theme: 'dark' })

  const sizes = await Promise.all(
    ['console.db', 'console.db-wal'].map(async (name) => (await stat(join(folder, name))).size),
  )
  expect(sizes.every((size) => size > 0)).toBe(true)
  expect(await storage.size()).toBe(sizes.reduce((sum, size) => sum + size))
})

it('makes a folder and a file that nobody else may read', async () => {
  const folder = join(await temporaryFolder(), 'nested', 'home')

  await open(folder)

  const modes = await Promise.all([folder, join(folder, 'console.db')].map(async (path) => (await stat(path)).mode))
  expect(modes.map((mode) => (mode & 0o777).toString(8))).toEqual(['700', '600'])
})

it('narrows a file that was open to others, leaves a folder that was there as it is, and says so', async () => {
  const folder = join(await temporaryFolder(), 'home')
  await mkdir(folder)
  // As /tmp is: others would lose it.
  await chmod(folder, 0o1777)
  await writeFile(join(folder, 'console.db'), '', { mode: 0o644 })
  const warnings: string[] = []

  const storage = await openStorage(folder, { warn: (message) => warnings.push(message) })
  onTestFinished(() => {
    storage.close()
  })

  const modes = await Promise.all([folder, join(folder, 'console.db')].map(async (path) => (await stat(path)).mode))
  expect(modes.map((mode) => (mode & 0o7777).toString(8))).toEqual(['1777', '600'])
  expect(warnings).toEqual([
    `others may look into ${folder}, where the console keeps its own file: name a folder of yours with TRANCHE_HOME, or run chmod 700 on it`,
  ])
})

it('warns of nothing where only this user may look', async () => {
  const folder = join(await temporaryFolder(), 'home')
  await mkdir(folder, { mode: 0o700 })
  const warnings: string[] = []

  ;(await openStorage(folder, { warn: (message) => warnings.push(message) })).close()

  expect(warnings).toEqual([])
})

it('lets several processes open a new file at once, each seeing all that was written', async () => {
  const folder = await temporaryFolder()
  const names = ['a', 'b', 'c', 'd']

  await Promise.all(names.map((name) => promisify(execFile)(process.execPath, [WRITER, folder, name, '50'])))

  const storage = await open(folder)
  expect(Object.keys(storage.settings.read())).toHaveLength(200)
})

it('refuses a file of a newer program, and leaves it as it is', async () => {
  const folder = await temporaryFolder()
  ;(await openStorage(folder)).close()
  const file = join(folder, 'console.db')
  const database = new Database(file)
  database.pragma('user_version = 99')
  database.close()
  const before = await readFile(file)

  await expect(openStorage(folder)).rejects.toMatchObject({ code: 'storage_newer' })

  expect((await readFile(file)).equals(before)).toBe(true)
})

it('refuses what is no database, and leaves it as it is', async () => {
  const folder = await temporaryFolder()
  const file = join(folder, 'console.db')
  await writeFile(file, 'these are notes of mine, not a database; '.repeat(100))
  const before = await readFile(file)

  await expect(openStorage(folder)).rejects.toMatchObject({ code: 'storage_damaged' })

  expect((await readFile(file)).equals(before)).toBe(true)
})

it('refuses a file with pages overwritten, and leaves it as it is', async () => {
  const folder = await temporaryFolder()
  const file = join(folder, 'console.db')
  const storage = await openStorage(folder)
  for (let index = 0; index < 500; index += 1) storage.settings.write({ [`name ${String(index)}`]: 'x'.repeat(200) })
  storage.close()
  const bytes = await readFile(file)
  bytes.fill(0xa5, 3 * 4_096, 12 * 4_096)
  await writeFile(file, bytes)

  await expect(openStorage(folder)).rejects.toMatchObject({ code: 'storage_damaged' })

  expect((await readFile(file)).equals(bytes)).toBe(true)
})

it('refuses a database of another program, and leaves it as it is', async () => {
  const folder = await temporaryFolder()
  const file = join(folder, 'console.db')
  const database = new Database(file)
  database.exec('CREATE TABLE bookmarks (url TEXT)')
  database.close()
  const before = await readFile(file)

  await expect(openStorage(folder)).rejects.toMatchObject({ code: 'storage_damaged' })

  expect((await readFile(file)).equals(before)).toBe(true)
})

it('says what a Node without the needed interface must do, instead of dying', () => {
  expect(() => {
    assertNodeCanLoad('9')
  }).toThrow(expect.objectContaining({ code: 'storage_unavailable' }))
})

it('keeps its file where TRANCHE_HOME says', () => {
  expect(dataFolder({ TRANCHE_HOME: '/somewhere/else' })).toBe('/somewhere/else')
})
