/** Which tracking schema a copied row came from. */
import { firstRow, type SqliteDatabase } from './database.ts'

export interface InstallationRepository {
  /** The id under which rows of this installation are kept; makes it at first sight. */
  see(connectionId: string, installedAt: string, seenAtMs: number): number
  /** The one that was seen last; null where none ever was. */
  findNewest(connectionId: string): number | null
}

export function createInstallationRepository(database: SqliteDatabase): InstallationRepository {
  const insert = database.prepare(
    `INSERT INTO installations (connection_id, installed_at, first_seen_at_ms) VALUES (?, ?, ?)
     ON CONFLICT (connection_id, installed_at) DO NOTHING`,
  )
  const find = database.prepare(
    'SELECT installation_id FROM installations WHERE connection_id = ? AND installed_at = ?',
  )
  const newest = database.prepare(
    'SELECT installation_id FROM installations WHERE connection_id = ? ORDER BY first_seen_at_ms DESC, installation_id DESC LIMIT 1',
  )
  interface Row {
    readonly installation_id: number
  }
  return {
    see(connectionId, installedAt, seenAtMs) {
      insert.run(connectionId, installedAt, seenAtMs)
      const row = firstRow<Row>(find, connectionId, installedAt)
      if (row === undefined) throw new Error(`the installation of connection ${connectionId} was not kept`)
      return row.installation_id
    },
    findNewest: (connectionId) => firstRow<Row>(newest, connectionId)?.installation_id ?? null,
  }
}
