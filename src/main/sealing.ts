/** Passwords under the system's keychain. Only main can reach it; the backend asks, and keeps what is sealed. */
import { type App, safeStorage } from 'electron'
import type { Answer, Question } from '../shared/backend-port.ts'

const NOTHING: Answer = { value: null, isStale: false }

/**
 * Which of Linux's keychains Chromium takes: it goes by the desktop's name, and takes none where it does not know that one.
 * Must come before Electron is ready.
 */
export function choosePasswordStore(
  { commandLine }: Pick<App, 'commandLine'>,
  { TRANCHE_PASSWORD_STORE: store = '' }: Readonly<Record<string, string | undefined>>,
): void {
  if (store !== '') commandLine.appendSwitch('password-store', store)
}

/** value null: there is no keychain that deserves the name, or what was sealed cannot be read any more. */
export async function answerSealing(question: Question, platform: NodeJS.Platform): Promise<Answer> {
  if (!(await canSeal(platform))) return NOTHING
  switch (question.kind) {
    case 'seal':
      return { value: (await safeStorage.encryptStringAsync(question.text)).toString('base64'), isStale: false }
    case 'unseal': {
      const { result, shouldReEncrypt } = await safeStorage.decryptStringAsync(Buffer.from(question.sealed, 'base64'))
      return { value: result, isStale: shouldReEncrypt }
    }
  }
}

/** Without a desktop's keychain Electron scrambles with a fixed key: that is not encryption, so nothing is kept. */
async function canSeal(platform: NodeJS.Platform): Promise<boolean> {
  if (!(await safeStorage.isAsyncEncryptionAvailable())) return false
  return platform !== 'linux' || !['basic_text', 'unknown'].includes(safeStorage.getSelectedStorageBackend())
}
