/** Passwords that the system's keychain sealed, by connection. What is not sealed never comes here. */
import { allRows, type SqliteDatabase } from './database.ts'

export interface SealedPassword {
  readonly connectionId: string
  /** base64 */
  readonly sealed: string
}

export interface SealedPasswordRepository {
  list(): readonly SealedPassword[]
  save(password: SealedPassword, sealedAtMs: number): void
  remove(connectionId: string): void
  removeAll(): void
}

export function createSealedPasswordRepository(database: SqliteDatabase): SealedPasswordRepository {
  const list = database.prepare('SELECT connection_id, sealed FROM sealed_passwords ORDER BY connection_id')
  const save = database.prepare(
    `INSERT INTO sealed_passwords (connection_id, sealed, sealed_at_ms) VALUES (?, ?, ?)
     ON CONFLICT (connection_id) DO UPDATE SET sealed = excluded.sealed, sealed_at_ms = excluded.sealed_at_ms`,
  )
  const remove = database.prepare('DELETE FROM sealed_passwords WHERE connection_id = ?')
  const removeAll = database.prepare('DELETE FROM sealed_passwords')
  return {
    list: () =>
      allRows<{ connection_id: string; sealed: string }>(list).map(({ connection_id: connectionId, sealed }) => ({
        connectionId,
        sealed,
      })),
    save: ({ connectionId, sealed }, sealedAtMs) => void save.run(connectionId, sealed, sealedAtMs),
    remove: (connectionId) => void remove.run(connectionId),
    removeAll: () => void removeAll.run(),
  }
}
