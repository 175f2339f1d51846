/** Passwords by connection, in this process's memory: gone with it, and never part of an answer, an event or a log. */

export interface Secrets {
  get(connectionId: string): string | null
  set(connectionId: string, password: string): void
  forget(connectionId: string): void
}

export function createMemorySecrets(): Secrets {
  const passwords = new Map<string, string>()
  return {
    get: (connectionId) => passwords.get(connectionId) ?? null,
    set: (connectionId, password) => void passwords.set(connectionId, password),
    forget: (connectionId) => void passwords.delete(connectionId),
  }
}
