/** Which tracking schema a copied row came from. */
import { isAttachedInstallation } from '../shared/installation.ts'
import { allRows, firstRow, type SqliteDatabase } from './database.ts'

export interface InstallationRepository {
  /** The id under which rows of this installation are kept; makes it at first sight. */
  see(connectionId: string, installedAt: string, seenAtMs: number): number
  /** Every installation under that text, whichever connection saw it. */
  listSame(installedAt: string): readonly number[]
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
  const same = database.prepare(
    'SELECT installation_id FROM installations WHERE installed_at = ? ORDER BY installation_id',
  )
  // Of GitLab's own tables the journal is kept here alone: another connection to them tells it from its beginning.
  const inherit = database.prepare(
    `INSERT INTO events (installation_id, origin, origin_id, at_ms, migration_id, job_id, kind, operator, host, details)
     SELECT @installationId, origin, origin_id, at_ms, migration_id, job_id, kind, operator, host, details
       FROM events JOIN installations USING (installation_id)
      WHERE installed_at = @installedAt AND origin = 'journal' AND installation_id <> @installationId
      ORDER BY entry_id
     ON CONFLICT DO NOTHING`,
  )
  interface Row {
    readonly installation_id: number
  }
  return {
    see(connectionId, installedAt, seenAtMs) {
      const { changes } = insert.run(connectionId, installedAt, seenAtMs)
      const row = firstRow<Row>(find, connectionId, installedAt)
      if (row === undefined) throw new Error(`the installation of connection ${connectionId} was not kept`)
      const { installation_id: installationId } = row
      if (changes > 0 && isAttachedInstallation(installedAt)) inherit.run({ installationId, installedAt })
      return installationId
    },
    listSame: (installedAt) => allRows<Row>(same, installedAt).map(({ installation_id }) => installation_id),
    findNewest: (connectionId) => firstRow<Row>(newest, connectionId)?.installation_id ?? null,
  }
}
