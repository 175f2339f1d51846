import type { HasOnQuarantine, QuarantinedRows } from '../../shared/quarantine-view.ts'
import { sql } from '../../shared/sql.ts'
import { type EngineContext, inTransaction } from '../context.ts'
import { findDefinition } from '../drive.ts'
import type { Transaction } from '../target/transaction.ts'
import { unknownMigration } from '../transitions.ts'
import { findMigration } from './find-migration.ts'
import { iso } from './tables.ts'
import type { Migration } from '../types.ts'

/** In the order in which they were quarantined, behind `after` (an entry's id). Throws unknown_migration. */
export async function listQuarantined(
  context: EngineContext,
  migrationId: string,
  { after, limit }: { readonly after: string; readonly limit: number },
): Promise<QuarantinedRows> {
  const { tables } = context
  return inTransaction(
    context,
    async (transaction) => {
      const migration = await findMigration(transaction, tables, migrationId)
      if (migration === null) throw unknownMigration(migrationId)
      // The primary key gives the order; the migration's entries are found on the way.
      const { rows } = await transaction.query(
        sql`SELECT id, job_id, row_key, error_class, error_message, error_stack, ${iso('created_at')} AS at
              FROM ${tables.quarantine} AS q
             WHERE migration_id = ${migrationId}::bigint AND id > ${after}::bigint
             ORDER BY id LIMIT ${limit}`,
      )
      return {
        rows: (rows as unknown as QuarantineRow[]).map((row) => ({
          id: row.id,
          jobId: row.job_id,
          key: row.row_key,
          errorClass: row.error_class,
          errorMessage: row.error_message,
          stack: row.error_stack,
          at: row.at,
        })),
        hasOnQuarantine: await hasOnQuarantine(transaction, context, migration),
      }
    },
    { isReadOnly: true },
  )
}

/** Of the definition that was queued: one that changed since then says nothing of what was run. */
async function hasOnQuarantine(
  transaction: Transaction,
  { definitions, tables }: EngineContext,
  { id, jobClassName }: Migration,
): Promise<HasOnQuarantine> {
  const { rows } = await transaction.query(
    sql`SELECT definition_hash FROM ${tables.details} WHERE migration_id = ${id}::bigint`,
  )
  const loaded = findDefinition(definitions, jobClassName)
  if (loaded === undefined || loaded.hash !== rows[0]?.definition_hash) return null
  const { perform } = loaded.definition
  return typeof perform !== 'function' && perform.onQuarantine !== undefined
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
