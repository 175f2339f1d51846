/** Writes the row counts that a job's progress still lacks, before its claim is given back. */
import { sql } from '../shared/sql.ts'
import type { Backlog } from './backlog.ts'
import type { Claim } from './claim.ts'
import { type EngineContext, inWritingTransaction } from './context.ts'
import { withContentionRetries } from './contention.ts'
import type { Drive } from './drive.ts'

/** Only under our epoch: whoever took the job over has given these counts up, and said so. */
export async function settleCounts(
  context: EngineContext,
  { runnerId }: Drive,
  { claim, backlog }: { readonly claim: Claim; readonly backlog: Backlog },
): Promise<void> {
  if (backlog.isSettled) return
  const { progress } = context.tables
  await withContentionRetries(context, () =>
    inWritingTransaction(context, (transaction) =>
      transaction.query(
        sql`UPDATE ${progress}
               SET changed = changed + ${backlog.changed}, uncounted_sub_batches = 0,
                   counts_exact = counts_exact AND ${backlog.isExact}
             WHERE job_id = ${claim.jobId} AND epoch = ${claim.epoch} AND runner_id = ${runnerId}`,
      ),
    ),
  )
  backlog.settled()
}
