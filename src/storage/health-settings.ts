/** Thresholds of the health indicators by connection, as JSON. Who reads them checks them: another version may have written them. */
import { firstRow, type SqliteDatabase } from './database.ts'

export interface HealthSettingsRepository {
  /** null: nobody changed them. */
  find(connectionId: string): unknown
  save(connectionId: string, settings: Readonly<Record<string, unknown>>, changedAtMs: number): void
}

export function createHealthSettingsRepository(database: SqliteDatabase): HealthSettingsRepository {
  const find = database.prepare('SELECT settings FROM health_settings WHERE connection_id = ?')
  const save = database.prepare(
    `INSERT INTO health_settings (connection_id, settings, changed_at_ms) VALUES (?, ?, ?)
     ON CONFLICT (connection_id) DO UPDATE SET settings = excluded.settings, changed_at_ms = excluded.changed_at_ms`,
  )
  return {
    find(connectionId) {
      const row = firstRow<{ settings: string }>(find, connectionId)
      return row === undefined ? null : (JSON.parse(row.settings) as unknown)
    },
    save: (connectionId, settings, changedAtMs) => void save.run(connectionId, JSON.stringify(settings), changedAtMs),
  }
}
