import { expect, it, vi } from 'vitest'
import type { App } from 'electron'
import { answerSealing, choosePasswordStore } from '../../src/main/sealing.ts'
import { app, safeStorage } from '../support/fake-electron.ts'

vi.mock('electron', () => import('../support/fake-electron.ts'))

const seal = async (platform: NodeJS.Platform) =>
  (await answerSealing({ kind: 'seal', id: 1, text: 'canary' }, platform)).value

it('seals with the system’s keychain, and unseals', async () => {
  const sealed = await seal('darwin')

  expect(sealed).toBe(Buffer.from('sealed:canary').toString('base64'))
  expect(await answerSealing({ kind: 'unseal', id: 2, sealed: sealed ?? '' }, 'darwin')).toEqual({
    value: 'canary',
    isStale: false,
  })
})

it('says what should be sealed anew', async () => {
  safeStorage.decryptStringAsync.mockResolvedValueOnce({ result: 'canary', shouldReEncrypt: true })

  expect(await answerSealing({ kind: 'unseal', id: 1, sealed: 'x' }, 'darwin')).toMatchObject({ isStale: true })
})

it('takes the keychain that TRANCHE_PASSWORD_STORE names, and else the one that Chromium finds', () => {
  const own = app as unknown as App // what is used of it

  choosePasswordStore(own, {})
  choosePasswordStore(own, { TRANCHE_PASSWORD_STORE: 'kwallet6' })

  expect(app.commandLine.appendSwitch.mock.calls).toEqual([['password-store', 'kwallet6']])
})

it.each([['basic_text'], ['unknown']])('keeps nothing where Linux has %s only', async (backend) => {
  safeStorage.getSelectedStorageBackend.mockReturnValue(backend)

  expect(await seal('linux')).toBe(null)

  expect(safeStorage.encryptStringAsync).not.toHaveBeenCalled()
})

it('uses a keychain of Linux', async () => {
  safeStorage.getSelectedStorageBackend.mockReturnValue('kwallet6')

  expect(await seal('linux')).not.toBe(null)
})

it('keeps nothing where there is no keychain', async () => {
  safeStorage.isAsyncEncryptionAvailable.mockResolvedValueOnce(false)

  expect(await seal('win32')).toBe(null)
})
