/** Passwords by connection, in this process's memory: never part of an answer, an event or a log. */
import { TrancheError } from '../../shared/errors.ts'

export interface Secrets {
  get(connectionId: string): string | null
  set(connectionId: string, password: string): void
  forget(connectionId: string): void
  /** Whether passwords outlive the console from now on, those that it knows included. Throws keychain_missing. */
  keep(isKept: boolean): Promise<void>
  /** What is being sealed is kept first. */
  close(): Promise<void>
}

/** Gone with the process. */
export function createMemorySecrets(): Secrets {
  const passwords = new Map<string, string>()
  return {
    get: (connectionId) => passwords.get(connectionId) ?? null,
    set: (connectionId, password) => void passwords.set(connectionId, password),
    forget: (connectionId) => void passwords.delete(connectionId),
    keep: (isKept) => (isKept ? Promise.reject(keychainMissing()) : Promise.resolve()),
    close: () => Promise.resolve(),
  }
}

export function keychainMissing(): TrancheError {
  return new TrancheError('keychain_missing', 'there is no keychain here that this console could seal passwords with', {
    remedy: 'Use ~/.pgpass or a service of pg_service.conf, or type the password each time.',
  })
}
