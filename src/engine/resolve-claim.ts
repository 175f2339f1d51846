/** Claims in doubt: the connection was lost before an answer came. */
import { sql } from '../shared/sql.ts'
import { JOB_STATUS_CODES } from '../shared/status.ts'
import type { Resolution } from './claim.ts'
import { DONE_COLUMNS, doneOf, raiseEpoch, readJob, toClaim } from './claim-row.ts'
import { type EngineContext, inWritingTransaction } from './context.ts'
import type { Drive } from './drive.ts'
import { planning } from './planner.ts'

/**
 * Settles a claim after its connection was lost: waits for the old backend's lock, raises the epoch, and goes on from the
 * cursor that comes back. A plain read would be wrong: the old backend may still be at work.
 */
export async function resolveClaim(
  context: EngineContext,
  drive: Drive,
  { jobId, knowsCounts }: { readonly jobId: string; readonly knowsCounts: boolean },
): Promise<Resolution> {
  return inWritingTransaction(
    context,
    async (transaction) => {
      const locked = await transaction.query(
        sql`SELECT ${DONE_COLUMNS} FROM ${context.tables.progress} WHERE job_id = ${jobId} AND runner_id = ${drive.runnerId} FOR NO KEY UPDATE`,
      )
      const [progress] = locked.rows
      if (progress === undefined) return { kind: 'claim_lost' }
      const job = await readJob(transaction, context, jobId)
      if (job?.status === JOB_STATUS_CODES.succeeded) return { kind: 'succeeded', done: doneOf(progress) }
      if (job?.status !== JOB_STATUS_CODES.running) return { kind: 'claim_lost' }
      const raised = await raiseEpoch(transaction, context, { jobId, runnerId: drive.runnerId, knowsCounts })
      return {
        kind: 'resumed',
        claim: await toClaim(transaction, drive, { job, from: 'running', raised, attempt: job.attempts }),
      }
    },
    planning(context, drive),
  )
}

/** Jobs that this runner holds in the database without knowing it: the answer to a claim's COMMIT was lost. */
export async function findUnknownClaims(
  context: EngineContext,
  drive: Drive,
  known: ReadonlySet<string>,
): Promise<readonly string[]> {
  const { tables } = context
  const { rows } = await inWritingTransaction(context, (transaction) =>
    transaction.query(
      sql`SELECT p.job_id FROM ${tables.progress} AS p
            JOIN ${tables.jobs} AS j ON j.id = p.job_id
           WHERE p.migration_id = ${drive.migration.id} AND p.runner_id = ${drive.runnerId}
             AND j.status = ${JOB_STATUS_CODES.running}
           ORDER BY p.job_id`,
    ),
  )
  return rows.map((row) => String(row.job_id)).filter((jobId) => !known.has(jobId))
}
