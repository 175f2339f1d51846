/** Passwords under the system's keychain. Only main can reach it; the backend asks, and keeps what is sealed. */
import { safeStorage } from 'electron'
import type { FromBackend } from '../shared/backend-port.ts'

/** null: there is no keychain that deserves the name, or what was sealed cannot be read any more. */
export async function answerSealing(question: FromBackend, platform: NodeJS.Platform): Promise<string | null> {
  if (!(await canSeal(platform))) return null
  switch (question.kind) {
    case 'seal':
      return (await safeStorage.encryptStringAsync(question.text)).toString('base64')
    case 'unseal':
      return (await safeStorage.decryptStringAsync(Buffer.from(question.sealed, 'base64'))).result
  }
}

/** Without a desktop's keychain Electron scrambles with a fixed key: that is not encryption, so nothing is kept. */
async function canSeal(platform: NodeJS.Platform): Promise<boolean> {
  if (!(await safeStorage.isAsyncEncryptionAvailable())) return false
  return platform !== 'linux' || !['basic_text', 'unknown'].includes(safeStorage.getSelectedStorageBackend())
}
