import type { JobDetail } from '../../shared/job-view.ts'
import { sql } from '../../shared/sql.ts'
import { type EngineContext, inTransaction } from '../context.ts'
import { MAX_ATTEMPTS } from '../takeover.ts'
import { unknownJob } from '../unknown-job.ts'
import { JOB_COLUMNS, jobOf } from './find-job.ts'
import { readTransitions } from './read-transitions.ts'

/** One job in full with its transition log. Throws unknown_job. */
export async function getJob(context: EngineContext, migrationId: string, jobId: string): Promise<JobDetail> {
  const { tables } = context
  return inTransaction(context, async (transaction) => {
    const { rows } = await transaction.query(
      sql`SELECT ${JOB_COLUMNS} FROM ${tables.jobs} AS j JOIN ${tables.progress} AS p ON p.job_id = j.id
           WHERE j.batched_background_migration_id = ${migrationId} AND j.id = ${jobId}`,
    )
    const [row] = rows
    if (row === undefined) throw unknownJob(migrationId, jobId)
    const job = jobOf(row)
    const log = await readTransitions(transaction, context, [jobId])
    return { job, isBlocked: job.status === 'failed' && job.attempts >= MAX_ATTEMPTS, log }
  })
}
