/** The log, as it arrived here. */
import type { JournalEntry, LogEntry } from '../shared/history-view.ts'
import type { Page } from '../shared/job-view.ts'
import { allRows, pageOf, type SqliteDatabase } from './database.ts'

/** An entry before it has its number here. */
export type NewEntry = Omit<LogEntry, 'entryId'> & {
  /** The row's id on the target, or any name of the console's own that is used once. */
  readonly originId: string
}

export interface EventRepository {
  /** Keeps those that are not there yet, and returns them with their numbers. */
  append(installationId: number, entries: readonly NewEntry[]): readonly LogEntry[]
  /**
   * Newest first, by the time at which things happened. Of one migration, or (null) of everything that was seen of the
   * installation's connection, also before that installation.
   */
  page(query: {
    readonly installationId: number
    readonly migrationId: string | null
    readonly only: 'all' | 'actions' | 'failures'
    /** In who, what, the migration's name or the details, in any case of letters; null: all. */
    readonly find?: string | null
    readonly after: string | null
    readonly limit: number
  }): Page<JournalEntry>
}

interface Row {
  readonly entry_id: number
  readonly origin: LogEntry['origin']
  readonly at_ms: number
  readonly migration_id: string | null
  readonly job_id: string | null
  readonly kind: string
  readonly operator: string | null
  readonly host: string | null
  readonly details: string
  readonly job_class_name: string | null
  readonly is_earlier: 0 | 1
}

/** Kinds whose line tells of a failure. */
const FAILURES = "('job_failed', 'connection_lost', 'run_failed')"

export function createEventRepository(database: SqliteDatabase): EventRepository {
  const append = database.prepare(
    `INSERT INTO events (installation_id, origin, origin_id, at_ms, migration_id, job_id, kind, operator, host, details)
     VALUES (@installationId, @origin, @originId, @atMs, @migrationId, @jobId, @kind, @operator, @host, @details)
     ON CONFLICT DO NOTHING`,
  )
  const page = database.prepare(
    `SELECT entry_id, origin, at_ms, migration_id, job_id, kind, operator, host, details, job_class_name,
            installation_id <> @installationId AS is_earlier
       FROM events LEFT JOIN migrations USING (installation_id, migration_id)
      WHERE (installation_id = @installationId OR (@migrationId IS NULL AND installation_id IN (
              SELECT other.installation_id FROM installations AS other
                JOIN installations AS named USING (connection_id)
               WHERE named.installation_id = @installationId)))
        AND (@migrationId IS NULL OR migration_id = @migrationId)
        AND (@only = 'all' OR (@only = 'actions' AND origin = 'journal') OR (@only = 'failures' AND kind IN ${FAILURES}))
        AND (@find IS NULL OR instr(lower(concat_ws(' ', replace(kind, '_', ' '), operator, host, job_class_name,
              'migration ' || migration_id, 'job ' || job_id, details)), @find) > 0)
        AND (@atMs IS NULL OR (at_ms, entry_id) < (@atMs, @entryId))
      ORDER BY at_ms DESC, entry_id DESC LIMIT @limit + 1`,
  )
  return {
    append: database.transaction((installationId: number, entries: readonly NewEntry[]) =>
      entries.flatMap(({ originId, ...entry }) => {
        const { changes, lastInsertRowid } = append.run({
          ...entry,
          installationId,
          originId,
          details: JSON.stringify(entry.details),
        })
        return changes === 0 ? [] : [{ ...entry, entryId: String(lastInsertRowid) }]
      }),
    ),
    page({ after, limit, find = null, ...query }) {
      const [atMs = null, entryId = null] = after === null ? [] : after.split('.').map(Number)
      const rows = allRows<Row>(page, { ...query, find: find?.toLowerCase() ?? null, atMs, entryId, limit })
      return pageOf(rows, limit, { item: entryOf, cursor: (row) => `${String(row.at_ms)}.${String(row.entry_id)}` })
    },
  }
}

function entryOf(row: Row): JournalEntry {
  return {
    entryId: String(row.entry_id),
    origin: row.origin,
    atMs: row.at_ms,
    migrationId: row.migration_id,
    jobId: row.job_id,
    kind: row.kind,
    operator: row.operator,
    host: row.host,
    details: JSON.parse(row.details) as Record<string, unknown>, // written by append
    jobClassName: row.job_class_name,
    isEarlier: row.is_earlier === 1,
  }
}
