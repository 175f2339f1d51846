import { execFile } from 'node:child_process'
import { access, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, test, vi } from 'vitest'
import { copyBundledBinaries, findBundledBinaries } from '../../../src/host/postgres/bundled-binaries.ts'
import { findServerBinaries } from '../../../src/host/postgres/find-server-binaries.ts'
import { createServerFolder } from './server-folder.ts'

const bundled = await findBundledBinaries()

test('local ones come first, newest first, and none is older than 14', async () => {
  const found = await findServerBinaries(null, null)
  const order = found.map(({ provider, majorVersion }) => (provider === 'local' ? majorVersion : -1))
  expect(order).toEqual([...order].sort((a, b) => b - a))
  expect(Math.min(...found.map(({ majorVersion }) => majorVersion))).toBeGreaterThanOrEqual(14)
})

test('TRANCHE_POSTGRES decides, and a wrong value is refused', async () => {
  vi.stubEnv('TRANCHE_POSTGRES', 'docker')
  await expect(findServerBinaries(null)).rejects.toMatchObject({ code: 'usage' })
  vi.stubEnv('TRANCHE_POSTGRES', 'bundled')
  await expect(findServerBinaries(null).then((found) => found.map(({ provider }) => provider))).resolves.toEqual(
    bundled === null ? expect.anything() : ['bundled'],
  )
  vi.unstubAllEnvs()
})

test.skipIf(bundled === null)('a copy of the bundled server runs, and is made once', async () => {
  if (bundled === null) return
  const home = await createServerFolder()
  const [binFolder, again] = await Promise.all([
    copyBundledBinaries(bundled, home, null),
    copyBundledBinaries(bundled, home, null),
  ])
  expect(again).toBe(binFolder)
  const { stdout } = await promisify(execFile)(join(binFolder, 'postgres'), ['--version'])
  expect(stdout).toContain(bundled.version)
  const { ino } = await stat(binFolder)
  await copyBundledBinaries(bundled, home, null)
  expect((await stat(binFolder)).ino).toBe(ino)
  await expect(access(join(binFolder, '../lib/postgresql'))).resolves.toBeUndefined()
})
