/** The last known state of each migration, for when its target cannot be asked. */
import type { MigrationStateValue } from '../shared/cli-output.ts'
import type { MigrationCopy } from '../shared/history-view.ts'
import type { Page } from '../shared/job-view.ts'
import { allRows, pageOf, type SqliteDatabase } from './database.ts'

export interface MigrationRepository {
  save(installationId: number, states: readonly MigrationStateValue[], copiedAtMs: number): void
  /** Newest copy first; of all connections where none is named. */
  page(query: {
    readonly connectionId: string | null
    readonly after: string | null
    readonly limit: number
  }): Page<MigrationCopy>
}

interface Row {
  readonly connection_id: string
  readonly connection_name: string
  readonly installation_id: number
  readonly migration_id: string
  readonly state: string
  readonly copied_at_ms: number
}

/** Written by `save`, perhaps by an older console: what that did not know is filled in. */
function stateOf(json: string): MigrationStateValue {
  const schedule = { schedulers: [], isOn: true, dueInSeconds: null, tableHeldBy: null }
  const saved = JSON.parse(json) as Omit<MigrationStateValue, 'failure' | 'unresolvedReasons' | 'schedule'>
  return { failure: null, unresolvedReasons: {}, schedule, ...saved }
}

export function createMigrationRepository(database: SqliteDatabase): MigrationRepository {
  const save = database.prepare(
    `INSERT INTO migrations (installation_id, migration_id, job_class_name, state, copied_at_ms) VALUES (?, ?, ?, ?, ?)
     ON CONFLICT (installation_id, migration_id) DO UPDATE SET state = excluded.state, copied_at_ms = excluded.copied_at_ms`,
  )
  const page = database.prepare(
    `SELECT c.connection_id, c.name AS connection_name, m.installation_id, m.migration_id, m.state, m.copied_at_ms
       FROM migrations AS m
       JOIN installations AS i ON i.installation_id = m.installation_id
       JOIN connections AS c ON c.connection_id = i.connection_id
      WHERE (@connectionId IS NULL OR c.connection_id = @connectionId)
        AND (@installationId IS NULL OR (m.installation_id, CAST(m.migration_id AS INTEGER)) < (@installationId, @number))
      ORDER BY m.installation_id DESC, CAST(m.migration_id AS INTEGER) DESC
      LIMIT @limit + 1`,
  )
  return {
    save: database.transaction((installationId: number, states: readonly MigrationStateValue[], copiedAtMs: number) => {
      for (const state of states)
        save.run(installationId, state.id, state.jobClassName, JSON.stringify(state), copiedAtMs)
    }),
    page({ connectionId, after, limit }) {
      const [installationId = null, number = null] = after === null ? [] : after.split('.').map(Number)
      const rows = allRows<Row>(page, { connectionId, installationId, number, limit })
      return pageOf(rows, limit, {
        item: (row) => ({
          connectionId: row.connection_id,
          connectionName: row.connection_name,
          state: stateOf(row.state),
          copiedAtMs: row.copied_at_ms,
        }),
        cursor: (row) => `${String(row.installation_id)}.${row.migration_id}`,
      })
    },
  }
}
