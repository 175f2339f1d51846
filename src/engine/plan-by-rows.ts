/**
 * A scope that no index serves makes finding the next job as dear as the rows out of scope are many. Where that takes too
 * long, planning goes on by rows read, in a step that ends in time; it is said once, and kept.
 */
import { sql } from '../shared/sql.ts'
import { type EngineContext, inWritingTransaction } from './context.ts'
import type { Drive } from './drive.ts'
import { isAsLateAs } from './target/elapsed.ts'
import { kindOfError } from './target/sqlstate.ts'
import { recordEvent } from './tracking/record-event.ts'

/** Rows that the first step reads for each row of a job. */
const ROWS_FOR_EACH = 10
/** What a step is divided by when it still takes too long. */
const SHRINK = 4

/** Whether looking for the next job took as long as it may; a cancel by somebody says nothing about that. */
export function isPlanningTimeout({ limits }: EngineContext, error: unknown): boolean {
  const limitMs = Math.min(limits.planningTimeoutMs, limits.scopedPlanningTimeoutMs)
  return kindOfError(error) === 'timeout' && isAsLateAs(error, limitMs)
}

/**
 * Takes the next smaller step from now on: batch size × 10 rows, a quarter at each further time, at least the sub-batch size.
 * false: there is nothing smaller, or no scope is the cause.
 */
export async function planByRows(context: EngineContext, { migration, scoped }: Drive): Promise<boolean> {
  if (scoped.scope === null) return false
  const { tables } = context
  return inWritingTransaction(context, async (transaction) => {
    const { rows } = await transaction.query(
      sql`UPDATE ${tables.frontier} AS f
             SET scan_rows = greatest(m.sub_batch_size,
                   coalesce(f.scan_rows / ${SHRINK}::int, least(m.batch_size::bigint * ${ROWS_FOR_EACH}::int, 10000000)::int))
            FROM ${tables.migrations} AS m
           WHERE m.id = ${migration.id} AND f.migration_id = m.id
             AND (f.scan_rows IS NULL OR f.scan_rows > m.sub_batch_size)
          RETURNING f.scan_rows`,
    )
    const [row] = rows as { scan_rows: number }[]
    if (row === undefined) return false
    await recordEvent(transaction, context, {
      kind: 'planned_by_rows',
      migrationId: migration.id,
      details: { scanRows: row.scan_rows, because: 'finding rows in scope took too long: no index serves the scope' },
    })
    context.logger.log('warn', 'no index serves the scope: jobs are made by rows read', {
      migrationId: migration.id,
      scanRows: row.scan_rows,
    })
    return true
  })
}
