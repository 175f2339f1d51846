import { TrancheError } from '../shared/errors.ts'
import type { JobStatus } from '../shared/status.ts'
import type { EngineContext } from './context.ts'
import { getJob } from './tracking/get-job.ts'
import { isId } from './tracking/find-migration.ts'
import { unknownJob } from './unknown-job.ts'

/**
 * Whether one job can be run by itself: pending and failed with attempts left; a succeeded one has nothing left to do.
 * Throws unknown_job, already_running, illegal_transition for one that has used its attempts.
 */
export async function findRunnable(context: EngineContext, migrationId: string, jobId: string): Promise<JobStatus> {
  if (!isId(jobId)) throw unknownJob(migrationId, jobId)
  const { job, isBlocked } = await getJob(context, migrationId, jobId)
  if (job.status === 'running') {
    throw new TrancheError('already_running', `job ${jobId} is being driven right now`, {
      remedy: `See by whom with: tranche status ${migrationId}`,
    })
  }
  if (!isBlocked) return job.status
  throw new TrancheError('illegal_transition', `job ${jobId} is failed and has used its attempts; it cannot run`, {
    remedy: `Give them back first: tranche retry ${migrationId} --job ${jobId}`,
    details: { from: 'failed', to: 'running' },
  })
}
