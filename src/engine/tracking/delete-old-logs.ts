import { sql } from '../../shared/sql.ts'
import { type EngineContext, inWritingTransaction } from '../context.ts'

/** GitLab keeps transition logs for so long. */
const KEPT_DAYS = 183
const ROWS_PER_TRANSACTION = 1_000

/**
 * Deletes the transition logs that are older than half a year, oldest first, in short transactions. Ids grow with time, so that
 * it ends at the first young one, whatever the number of logs is. Returns how many it deleted.
 */
export async function deleteOldLogs(context: EngineContext, signal: AbortSignal): Promise<number> {
  const { transitionLogs } = context.tables
  let deleted = 0
  for (;;) {
    const { rowCount } = await inWritingTransaction(context, (transaction) =>
      transaction.query(
        sql`DELETE FROM ${transitionLogs} AS l
             USING (SELECT id, created_at FROM ${transitionLogs} ORDER BY id LIMIT ${ROWS_PER_TRANSACTION}) AS oldest
             WHERE l.id = oldest.id AND l.created_at = oldest.created_at
               AND oldest.created_at < clock_timestamp() - make_interval(days => ${KEPT_DAYS})`,
      ),
    )
    deleted += rowCount
    if (rowCount < ROWS_PER_TRANSACTION || signal.aborted) return deleted
  }
}
