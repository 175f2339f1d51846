import type { QuarantinedRow } from '../../catalogue/definition.ts'
import { sql, type Sql } from '../../shared/sql.ts'
import { storable } from './storable.ts'
import type { TrackingTables } from './tables.ts'

interface Quarantining {
  readonly migrationId: string
  readonly jobId: string
  readonly rows: readonly QuarantinedRow[]
}

/** Remembers rows that could not be transformed; a row that is quarantined again keeps its latest error. */
export function quarantineRows({ quarantine }: TrackingTables, { migrationId, jobId, rows }: Quarantining): Sql {
  // One parameter for all of them: a statement takes 65,535, and a sub-batch may hold more rows than fit.
  const list = rows.map(({ key, errorClass, errorMessage, stack }) => ({
    key,
    errorClass: storable(errorClass),
    errorMessage: storable(errorMessage),
    stack: storable(stack),
  }))
  return sql`INSERT INTO ${quarantine} (migration_id, job_id, row_key, error_class, error_message, error_stack)
             SELECT ${migrationId}::bigint, ${jobId}::bigint, ARRAY(SELECT jsonb_array_elements_text(entry->'key')),
                    entry->>'errorClass', entry->>'errorMessage', entry->>'stack'
               FROM jsonb_array_elements(${JSON.stringify(list)}::jsonb) AS entry
             ON CONFLICT (migration_id, row_key) DO UPDATE
               SET job_id = excluded.job_id, error_class = excluded.error_class, error_message = excluded.error_message,
                   error_stack = excluded.error_stack, created_at = clock_timestamp()`
}
