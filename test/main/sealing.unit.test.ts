import { expect, it, vi } from 'vitest'
import { answerSealing } from '../../src/main/sealing.ts'
import { safeStorage } from '../support/fake-electron.ts'

vi.mock('electron', () => import('../support/fake-electron.ts'))

const seal = (platform: NodeJS.Platform) => answerSealing({ kind: 'seal', id: 1, text: 'canary' }, platform)

it('seals with the system’s keychain, and unseals', async () => {
  const sealed = await seal('darwin')

  expect(sealed).toBe(Buffer.from('sealed:canary').toString('base64'))
  expect(await answerSealing({ kind: 'unseal', id: 2, sealed: sealed ?? '' }, 'darwin')).toBe('canary')
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
