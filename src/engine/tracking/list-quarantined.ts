import type { QuarantinedRowValue } from '../../shared/quarantine-view.ts'
import { sql } from '../../shared/sql.ts'
import { type EngineContext, inTransaction } from '../context.ts'
import { unknownMigration } from '../transitions.ts'
import { findMigration } from './find-migration.ts'
import { iso } from './tables.ts'

/** In the order in which they were quarantined, behind `after` (an entry's id). Throws unknown_migration. */
export async function listQuarantined(
  context: EngineContext,
  migrationId: string,
  { after, limit }: { readonly after: string; readonly limit: number },
): Promise<readonly QuarantinedRowValue[]> {
  const { tables } = context
  return inTransaction(
    context,
    async (transaction) => {
      if ((await findMigration(transaction, tables, migrationId)) === null) throw unknownMigration(migrationId)
      // The primary key gives the order; the migration's entries are found on the way.
      const { rows } = await transaction.query(
        sql`SELECT id, job_id, row_key, error_class, error_message, error_stack, ${iso('created_at')} AS at
              FROM ${tables.quarantine} AS q
             WHERE migration_id = ${migrationId}::bigint AND id > ${after}::bigint
             ORDER BY id LIMIT ${limit}`,
      )
      return (rows as unknown as QuarantineRow[]).map((row) => ({
        id: row.id,
        jobId: row.job_id,
        key: row.row_key,
        errorClass: row.error_class,
        errorMessage: row.error_message,
        stack: row.error_stack,
        at: row.at,
      }))
    },
    { isReadOnly: true },
  )
}

interface QuarantineRow {
  readonly id: string
  readonly job_id: string
  readonly row_key: readonly string[]
  readonly error_class: string
  readonly error_message: string
  readonly error_stack: string | null
  readonly at: string
}
