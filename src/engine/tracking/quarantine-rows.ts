import type { QuarantinedRow } from '../../catalogue/definition.ts'
import { sql, type Sql } from '../../shared/sql.ts'
import type { TrackingTables } from './tables.ts'

interface Quarantining {
  readonly migrationId: string
  readonly jobId: string
  readonly rows: readonly (QuarantinedRow & { readonly stack: string })[]
}

/** Remembers rows that could not be transformed; a row that is quarantined again keeps its latest error. */
export function quarantineRows({ quarantine }: TrackingTables, { migrationId, jobId, rows }: Quarantining): Sql {
  const lists = rows.map(
    ({ key, errorClass, errorMessage, stack }) =>
      sql`(${migrationId}::bigint, ${jobId}::bigint, ${[...key]}::text[], ${errorClass}, ${errorMessage}, ${stack})`,
  )
  return sql`INSERT INTO ${quarantine} (migration_id, job_id, row_key, error_class, error_message, error_stack)
             VALUES ${sql.join(lists)}
             ON CONFLICT (migration_id, row_key) DO UPDATE
               SET job_id = excluded.job_id, error_class = excluded.error_class, error_message = excluded.error_message,
                   error_stack = excluded.error_stack, created_at = clock_timestamp()`
}
