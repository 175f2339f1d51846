import { TrancheError } from '../shared/errors.ts'

/** A job that the migration does not have. Its remedy holds for every verb that takes a job. */
export function unknownJob(migrationId: string, jobId: string): TrancheError {
  return new TrancheError('unknown_job', `migration ${migrationId} has no job with id ${jobId}`, {
    remedy: `Look at its jobs again: it may have been removed. tranche failures ${migrationId} lists those that failed.`,
  })
}
