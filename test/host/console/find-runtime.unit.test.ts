import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { findRuntime } from '../../../src/host/console/find-runtime.ts'
import { fakeRuntime, LIVE } from '../../support/fake-runtime.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'

const DAY_MS = 24 * 60 * 60 * 1_000

/** What Electron's installer does when it can. */
const UNPACKS = `
  const { mkdirSync, writeFileSync } = require('node:fs')
  mkdirSync(__dirname + '/dist')
  writeFileSync(__dirname + '/dist/electron', '#!/bin/sh', { mode: 0o755 })
  writeFileSync(__dirname + '/path.txt', 'electron')`
const FAILS = `console.error('TypeError: fetch failed\\n    at node:internal/deps/undici/undici:14976:13'); process.exit(1)`

/** A machine with a display, an ordinary user and an installer of the test's own. */
async function setup(installer: string, { limitMs = 60_000 } = {}) {
  const packageFolder = join(await temporaryFolder(), 'electron')
  await mkdir(packageFolder)
  const stop = new AbortController()
  const memoryFile = join(packageFolder, 'memory', 'fetch.json')
  const time = { nowMs: 1_000_000_000 }
  const shown: string[] = []
  const install = async (text: string): Promise<void> => writeFile(join(packageFolder, 'install.js'), text)
  await install(installer)
  const find = async (env: Record<string, string> = { DISPLAY: ':0' }, { uid = 1_000 } = {}) =>
    findRuntime(
      { env, platform: 'linux', uid },
      {
        packageFolder,
        memoryFile,
        now: () => time.nowMs,
        signal: stop.signal,
        showProgress: (line) => shown.push(line),
        limitMs,
      },
    )
  return { find, install, time, shown, stop, packageFolder, memoryFile }
}

it('needs a display on Linux, and does not even ask for the runtime without one', async () => {
  const { find, shown } = await setup(UNPACKS)
  const { folder } = await fakeRuntime(LIVE)

  for (const env of [{}, { DISPLAY: '' }, { ELECTRON_OVERRIDE_DIST_PATH: folder }]) {
    expect(await find(env)).toEqual({
      kind: 'none',
      why: 'there is no display (neither DISPLAY nor WAYLAND_DISPLAY is set)',
    })
  }
  expect(shown).toEqual([])
})

it('takes the runtime that ELECTRON_OVERRIDE_DIST_PATH names, or says that it is none', async () => {
  const { find } = await setup(FAILS)
  const { folder, program } = await fakeRuntime(LIVE)

  expect(await find({ WAYLAND_DISPLAY: 'wayland-0', ELECTRON_OVERRIDE_DIST_PATH: folder })).toEqual({
    kind: 'found',
    program,
  })
  await chmod(program, 0o644)
  expect(await find({ DISPLAY: ':0', ELECTRON_OVERRIDE_DIST_PATH: folder })).toEqual({
    kind: 'none',
    why: 'ELECTRON_OVERRIDE_DIST_PATH names a folder without the program electron',
  })
})

it('fetches the runtime once, and says so meanwhile', async () => {
  const { find, install, shown, packageFolder } = await setup(UNPACKS)
  const program = join(packageFolder, 'dist', 'electron')

  expect(await find()).toEqual({ kind: 'found', program })
  expect([shown[0], shown.at(-1)]).toEqual(['  fetching Electron, once: 0 s of at most 60 s', ''])
  await install(FAILS)

  expect(await find()).toEqual({ kind: 'found', program })
})

it('fetches again what was unpacked in part', async () => {
  const { find, packageFolder } = await setup(`require('node:fs').writeFileSync(__dirname + '/path.txt', 'electron')`)
  await mkdir(join(packageFolder, 'dist'))
  await writeFile(join(packageFolder, 'dist', 'electron'), '#!/bin/sh', { mode: 0o755 })

  expect(await find()).toEqual({ kind: 'found', program: join(packageFolder, 'dist', 'electron') })
  expect(await readFile(join(packageFolder, 'path.txt'), 'utf8')).toBe('electron')
})

it('remembers a failed fetch for a day', async () => {
  const { find, install, time } = await setup(FAILS)
  const why = 'Electron could not be fetched (fetch failed)'

  expect(await find()).toEqual({ kind: 'none', why })
  await install(UNPACKS)
  time.nowMs += DAY_MS - 1
  expect(await find()).toEqual({ kind: 'none', why: `${why}; it is not tried again before tomorrow` })
  time.nowMs += 1
  expect(await find()).toMatchObject({ kind: 'found' })
})

it('forgets what it cannot read', async () => {
  const { find, memoryFile } = await setup(UNPACKS)
  await mkdir(join(memoryFile, '..'))
  await writeFile(memoryFile, '{"failedAtMs":"yesterday"}')

  expect(await find()).toMatchObject({ kind: 'found' })
})

it('gives up a fetch that takes too long', async () => {
  const { find } = await setup(LIVE, { limitMs: 300 })

  expect(await find()).toEqual({ kind: 'none', why: 'Electron could not be fetched within 0.3 s' })
})

it('fetches nothing for root, whom Electron refuses', async () => {
  const { find, shown } = await setup(UNPACKS)

  expect(await find({ DISPLAY: ':0' }, { uid: 0 })).toEqual({
    kind: 'none',
    why: 'Electron does not run as root, so it was not fetched',
  })
  expect(shown).toEqual([])
})

it('stops fetching at once when it is stopped, and remembers nothing', async () => {
  const { find, stop, memoryFile } = await setup(LIVE)

  const finding = find()
  stop.abort(new Error('Ctrl-C'))

  await expect(finding).rejects.toThrow('Ctrl-C')
  await expect(readFile(memoryFile)).rejects.toThrow('ENOENT')
})
