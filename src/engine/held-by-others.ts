import { sql } from '../shared/sql.ts'
import { JOB_STATUS_CODES } from '../shared/status.ts'
import { type EngineContext, inTransaction } from './context.ts'
import type { Drive } from './drive.ts'

/** Whether a job of the migration is running under another runner than this run. */
export async function isHeldByOthers(context: EngineContext, { migration, runnerId }: Drive): Promise<boolean> {
  const { tables } = context
  const { rows } = await inTransaction(context, (transaction) =>
    transaction.query(
      sql`SELECT FROM ${tables.progress} AS p JOIN ${tables.jobs} AS j ON j.id = p.job_id
           WHERE j.batched_background_migration_id = ${migration.id} AND j.status = ${JOB_STATUS_CODES.running}
             AND p.runner_id IS DISTINCT FROM ${runnerId}::uuid
           LIMIT 1`,
    ),
  )
  return rows.length > 0
}
