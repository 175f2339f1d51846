import { stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { BrowserWindow as Window, Display } from 'electron'
import { expect, it, vi } from 'vitest'
import { keepPlace, recallPlace } from '../../src/main/window-place.ts'
import { BrowserWindow } from '../support/fake-electron.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

vi.mock('electron', () => import('../support/fake-electron.ts'))

const FIRST = { width: 1_280, height: 800, isMaximized: false }

function screenOf(...areas: readonly { x: number; y: number; width: number; height: number }[]) {
  return { getAllDisplays: () => areas.map((workArea) => ({ workArea }) as Display) } // nothing else is read
}

const LAPTOP = { x: 0, y: 25, width: 1_440, height: 875 }

it('comes back where it was, for this user’s eyes only', async () => {
  const folder = await temporaryFolder()
  const window = new BrowserWindow({})
  window.bounds = { x: 50, y: 60, width: 1_100, height: 700 }
  window.maximize()

  keepPlace(folder, window as unknown as Window) // what it reads of it

  expect(await recallPlace(folder, screenOf(LAPTOP))).toEqual({ ...window.bounds, isMaximized: true })
  expect((await stat(join(folder, 'window.json'))).mode & 0o777).toBe(0o600)
})

it('comes back in sight when its screen is gone', async () => {
  const folder = await temporaryFolder()
  const window = new BrowserWindow({})
  window.bounds = { x: 2_000, y: 60, width: 1_100, height: 700 }
  keepPlace(folder, window as unknown as Window)

  expect(await recallPlace(folder, screenOf(LAPTOP, { ...LAPTOP, x: 1_440 }))).toMatchObject({ x: 2_000 })
  expect(await recallPlace(folder, screenOf(LAPTOP))).toEqual(FIRST)
})

it.each([
  [''],
  ['{'],
  ['[]'],
  ['null'],
  ['{"x":1,"y":2,"width":"wide","height":3}'],
  ['{"x":1,"y":30,"width":-5,"height":3}'],
])('begins at the first place when %j was kept', async (text) => {
  const folder = await temporaryFolder()
  await writeFile(join(folder, 'window.json'), text)

  expect(await recallPlace(folder, screenOf(LAPTOP))).toEqual(FIRST)
})

it('does without a folder that cannot be written', async () => {
  const folder = join(await temporaryFolder(), 'missing')

  keepPlace(folder, new BrowserWindow({}) as unknown as Window)

  expect(await recallPlace(folder, screenOf(LAPTOP))).toEqual(FIRST)
})
