/** Passwords that outlive the console where the operator wants so: sealed by the system's keychain, kept in console.db. */
import type { Logger } from '../../engine/ports.ts'
import type { Storage } from '../../storage/open.ts'
import { createMemorySecrets, keychainMissing, type Secrets } from './secrets.ts'

/** null: there is none to trust, or what was sealed cannot be read any more. */
export interface Keychain {
  seal(text: string): Promise<string | null>
  /** isStale: the keychain has a newer key by now, and may drop the one that this was sealed with. */
  unseal(sealed: string): Promise<{ readonly text: string; readonly isStale: boolean } | null>
}

interface KeptNeeds {
  readonly storage: Pick<Storage, 'sealedPasswords' | 'connections'>
  readonly keychain: Keychain
  /** As the settings say, when it opens. */
  readonly isKept: boolean
  readonly logger: Logger
}

/** Unseals what was kept. One that cannot be read is asked for again, like one that was never given. */
export async function openKeptSecrets({ storage, keychain, isKept, logger }: KeptNeeds): Promise<Secrets> {
  const { sealedPasswords, connections } = storage
  const memory = createMemorySecrets()
  let isKeeping = isKept
  let last: Promise<void> = Promise.resolve()

  for (const { connectionId, sealed } of isKept ? sealedPasswords.list() : []) {
    const unsealed = await keychain.unseal(sealed)
    if (unsealed === null) {
      logger.log('warn', 'a kept password cannot be unsealed', { connectionId })
      continue
    }
    memory.set(connectionId, unsealed.text)
    if (unsealed.isStale) seal(connectionId)
  }

  /** One after the other, so that the password that was given last is the one that is kept. */
  function seal(connectionId: string): void {
    const sealing = last.then(async () => {
      const password = memory.get(connectionId)
      // Drafts under test are no connections.
      if (password === null || !isKeeping || connections.find(connectionId) === null) return
      const sealed = await keychain.seal(password)
      if (sealed === null) logger.log('warn', 'the keychain did not seal a password', { connectionId })
      else if (memory.get(connectionId) === password) sealedPasswords.save({ connectionId, sealed }, Date.now())
    })
    last = sealing.catch((error: unknown) => {
      logger.log('warn', 'a password was not kept', { connectionId, message: String(error) })
    })
  }

  return {
    get: (connectionId) => memory.get(connectionId),
    set(connectionId, password) {
      memory.set(connectionId, password)
      if (isKeeping) seal(connectionId)
    },
    forget(connectionId) {
      memory.forget(connectionId)
      sealedPasswords.remove(connectionId)
    },
    async keep(isWanted) {
      if (isWanted && (await keychain.seal('?')) === null) throw keychainMissing()
      isKeeping = isWanted
      if (isWanted) for (const { connectionId } of connections.list()) seal(connectionId)
      await last
      if (!isWanted) sealedPasswords.removeAll()
    },
    close: () => last,
  }
}
