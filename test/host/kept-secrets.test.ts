import { readFile, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import type { Keychain } from '../../src/host/backend/kept-secrets.ts'
import { createBackend } from '../../src/host/create-backend.ts'
import { createClient } from '../../src/shared/contract.ts'
import { silentLogger } from '../support/engine-ports.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'
import { openTransport } from '../support/transports.ts'

const CANARY = 'canary_5f1e0c'

/** One that seals by turning the text round; a locked one does nothing. */
function fakeKeychain() {
  const state = { isLocked: false, isStale: false, sealed: 0 }
  const keychain: Keychain = {
    async seal(text) {
      state.sealed += 1
      return state.isLocked ? null : Buffer.from(text).reverse().toString('base64')
    },
    unseal: async (sealed) =>
      state.isLocked ? null : { text: Buffer.from(sealed, 'base64').reverse().toString(), isStale: state.isStale },
  }
  return { state, keychain }
}

async function open(folder: string, keychain?: Keychain) {
  const backend = await createBackend({
    logger: silentLogger,
    projectFolder: folder,
    folder,
    env: {},
    ...(keychain === undefined ? {} : { keychain }),
  })
  const { transport, sent } = await openTransport('in-process', backend)
  let isClosed = false
  const close = async (): Promise<void> => {
    if (isClosed) return
    isClosed = true
    await backend.close()
  }
  onTestFinished(close)
  return { call: createClient(transport), sent, close }
}

function draft(name: string) {
  const place = { kind: 'fields', host: 'localhost', database: 'd', user: 'u' } as const
  return { name, environment: 'staging', place, password: CANARY } as const
}

async function written(folder: string): Promise<string> {
  const names = (await readdir(folder)).filter((name) => name.startsWith('console.db'))
  const files = await Promise.all(names.map((name) => readFile(join(folder, name), 'latin1')))
  return files.join('')
}

it('keeps no password unless the operator wants so', async () => {
  const folder = await temporaryFolder()
  const { keychain, state } = fakeKeychain()
  const first = await open(folder, keychain)
  expect((await first.call('connections.add', draft('a'))).hasPassword).toBe(true)
  await first.close()

  const second = await open(folder, keychain)

  expect(await second.call('connections.list')).toMatchObject([{ name: 'a', hasPassword: false }])
  expect(state.sealed).toBe(0)
})

it('keeps passwords sealed, those that it knew before included, and writes and tells none in the clear', async () => {
  const folder = await temporaryFolder()
  const { keychain } = fakeKeychain()
  const first = await open(folder, keychain)
  await first.call('connections.add', draft('before'))
  await first.call('settings.set', { keepsPasswords: true })
  await first.call('connections.add', draft('after'))
  await first.close()

  const second = await open(folder, keychain)

  expect(await second.call('connections.list')).toMatchObject([
    { name: 'after', hasPassword: true },
    { name: 'before', hasPassword: true },
  ])
  expect([await written(folder), ...first.sent, ...second.sent].filter((text) => text.includes(CANARY))).toEqual([])
})

it('forgets what is removed, and everything where it is no longer wanted', async () => {
  const folder = await temporaryFolder()
  const { keychain } = fakeKeychain()
  const first = await open(folder, keychain)
  await first.call('settings.set', { keepsPasswords: true })
  const { connectionId } = await first.call('connections.add', draft('removed'))
  await first.call('connections.add', draft('stays'))
  await first.call('connections.remove', { connectionId })
  await first.close()
  const second = await open(folder, keychain)
  expect(await second.call('connections.list')).toMatchObject([{ name: 'stays', hasPassword: true }])

  await second.call('settings.set', { keepsPasswords: false })
  await second.close()

  const third = await open(folder, keychain)
  expect(await third.call('connections.list')).toMatchObject([{ name: 'stays', hasPassword: false }])
})

it('seals anew what was sealed with an older key', async () => {
  const folder = await temporaryFolder()
  const { keychain, state } = fakeKeychain()
  const first = await open(folder, keychain)
  await first.call('settings.set', { keepsPasswords: true })
  await first.call('connections.add', draft('a'))
  await first.close()
  Object.assign(state, { isStale: true, sealed: 0 })

  await (await open(folder, keychain)).close()

  expect(state.sealed).toBe(1)
})

it('asks again where the keychain does not open', async () => {
  const folder = await temporaryFolder()
  const { keychain, state } = fakeKeychain()
  const first = await open(folder, keychain)
  await first.call('settings.set', { keepsPasswords: true })
  await first.call('connections.add', draft('a'))
  await first.close()
  state.isLocked = true

  const second = await open(folder, keychain)

  expect(await second.call('connections.list')).toMatchObject([{ hasPassword: false }])
})

it('refuses to keep passwords without a keychain, and stays as it was', async () => {
  const folder = await temporaryFolder()
  const { keychain, state } = fakeKeychain()
  state.isLocked = true

  for (const { call } of [await open(folder, keychain), await open(folder)]) {
    await expect(call('settings.set', { keepsPasswords: true })).rejects.toMatchObject({ code: 'keychain_missing' })
    expect(await call('settings.get')).toMatchObject({ keepsPasswords: false })
  }
})
