import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { isInstalled, recordInstallation, whyNotRunnable } from '../../scripts/installation.mjs'

const MANIFEST = {
  dependencies: { pg: '8.0.0' },
  devDependencies: { vitest: '5.0.0' },
  optionalDependencies: { 'node-other': '1.0.0' },
}
const PG = { version: '8.0.0', integrity: 'sha512-pg' }
const VITEST = { version: '5.0.0', integrity: 'sha512-vitest', dev: true }
const OTHER = { version: '1.0.0', integrity: 'sha512-other', optional: true }

/** A checkout whose lock wants pg, vitest for development and, on some platforms, node-other; `unpacked` is what npm says it did. */
async function setup(unpacked: Record<string, object> | null): Promise<string> {
  const root = await mkdtemp(join(tmpdir(), 'tranche-installation-'))
  onTestFinished(() => rm(root, { recursive: true }))
  await writeFile(join(root, 'package.json'), JSON.stringify(MANIFEST))
  const packages = {
    '': MANIFEST,
    'node_modules/pg': PG,
    'node_modules/vitest': VITEST,
    'node_modules/node-other': OTHER,
  }
  await writeFile(join(root, 'package-lock.json'), JSON.stringify({ packages }))
  if (unpacked !== null) {
    await mkdir(join(root, 'node_modules'))
    for (const name of Object.keys(unpacked)) {
      await mkdir(join(root, name))
      await writeFile(join(root, name, 'package.json'), '{}')
    }
    await writeFile(join(root, 'node_modules/.package-lock.json'), JSON.stringify({ packages: unpacked }))
  }
  return root
}

test('a fresh clone is not installed', async () => {
  expect(isInstalled(await setup(null))).toBe(false)
})

test('what npm ci unpacked by hand counts, and is remembered', async () => {
  const root = await setup({ 'node_modules/pg': PG, 'node_modules/vitest': VITEST })
  expect(isInstalled(root)).toBe(true)
  expect(await readFile(join(root, 'node_modules/.tranche-lock'), 'utf8')).toMatch(/^[0-9a-f]{64}\n$/)
})

test.each([
  ['a package is missing', {}],
  ['a development package is missing', { 'node_modules/pg': PG }],
  ['a package has another version', { 'node_modules/pg': { ...PG, version: '7.9.9' }, 'node_modules/vitest': VITEST }],
  [
    'a package has other contents',
    { 'node_modules/pg': { ...PG, integrity: 'sha512-x' }, 'node_modules/vitest': VITEST },
  ],
  [
    'a package is there that the lock does not know',
    { 'node_modules/pg': PG, 'node_modules/vitest': VITEST, 'node_modules/x': PG },
  ],
])('it is stale when %s', async (_, unpacked) => {
  expect(isInstalled(await setup(unpacked))).toBe(false)
})

test('it is stale as soon as package.json or the lock changes', async () => {
  const root = await setup({ 'node_modules/pg': PG, 'node_modules/vitest': VITEST })
  recordInstallation(root)
  expect(isInstalled(root)).toBe(true)
  await writeFile(join(root, 'package.json'), JSON.stringify({ ...MANIFEST, dependencies: { pg: '8.0.1' } }))
  expect(isInstalled(root)).toBe(false)
})

test('it is stale when a package was deleted since, whatever was remembered', async () => {
  const root = await setup({ 'node_modules/pg': PG, 'node_modules/vitest': VITEST })
  recordInstallation(root)
  await rm(join(root, 'node_modules/vitest'), { recursive: true })
  expect(isInstalled(root)).toBe(false)
})

test('the command line runs without what only development needs, and over nothing less', async () => {
  expect(whyNotRunnable(await setup({ 'node_modules/pg': PG }))).toBeNull()
  expect(whyNotRunnable(await setup({}))).toBe('the installation is incomplete: there is no pg.')
  expect(whyNotRunnable(await setup({ 'node_modules/pg': { ...PG, version: '7.9.9' } }))).toBe(
    'what is installed is not what package-lock.json says.',
  )
})
