/** Finished WAL segments that the archiver has not taken yet. */
import { raw, sql, type Sql } from '../../shared/sql.ts'
import { type HealthIndicator, normal, notAvailable, stop, SWITCHED_OFF } from './indicator.ts'

interface Row {
  readonly archive_mode: string
  readonly pending: string | null
}

/**
 * GitLab's WriteAheadLog: (current log − archived log) · segments per log + (current segment − archived segment), from the
 * names of WAL files. A log has 256 segments at the default of 16 MiB each; other sizes are taken from the server.
 */
export const walArchive: HealthIndicator = {
  name: 'wal_archive',
  async observe({ settings: { maxArchiveSegments: limit }, ask }) {
    if (limit === null) return SWITCHED_OFF
    const [row] = (await ask(
      sql`WITH wal AS (
            SELECT pg_walfile_name(pg_current_wal_insert_lsn()) AS now_name,
                   substring(last_archived_wal FROM '^[0-9A-F]{24}') AS done_name,
                   4294967296 / pg_size_bytes(current_setting('wal_segment_size')) AS per_log
              FROM pg_stat_archiver)
          SELECT current_setting('archive_mode') AS archive_mode,
                 (${hex('now_name', 9)} - ${hex('done_name', 9)}) * per_log + (${hex('now_name', 17)} - ${hex('done_name', 17)}) AS pending
            FROM wal`,
    )) as unknown as Row[]
    if (row === undefined || row.archive_mode === 'off') return notAvailable('archive_mode is off')
    if (row.pending === null) return notAvailable('the archiver has not archived anything yet')
    const pending = Number(row.pending)
    const measure = { value: pending, limit, unit: 'segments' } as const
    const what = `${String(pending)} WAL segments wait for the archiver`
    return pending > limit ? stop(what, measure) : normal(what, measure)
  },
}

/** Eight hexadecimal digits of a WAL file's name, as a number. */
function hex(name: 'now_name' | 'done_name', from: 9 | 17): Sql {
  return raw(`('x' || substr(${name}, ${String(from)}, 8))::bit(32)::bigint`)
}
