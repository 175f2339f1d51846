/** Splitting as an operator asks for it: one failed job, or those that a retry takes up. */
import { withContentionRetries } from './contention.ts'
import { type EngineContext, inWritingTransaction } from './context.ts'
import { loadSubject, type MigrationSubject } from './drive.ts'
import { assertSameOrder } from './key-order.ts'
import { type SplitOutcome, splitJob } from './split.ts'
import { isId } from './tracking/find-migration.ts'
import { recordEvent } from './tracking/record-event.ts'
import { unknownJob } from './unknown-job.ts'

/** GitLab retries in transactions of so many jobs. */
const JOBS_PER_TRANSACTION = 100

/**
 * Divides a failed job in two of half its batch size, each with all its attempts; the migration's status stays. Throws
 * unknown_job, illegal_transition for a job that did not fail, unknown_class, table_missing,
 * column_unsupported.
 */
export async function splitOneJob(context: EngineContext, migrationId: string, jobId: string): Promise<SplitOutcome> {
  const subject = await loadSubject(context, migrationId)
  assertSameOrder(subject)
  const [outcome] = await inOneTransaction(context, subject, [jobId])
  if (outcome === undefined) throw new Error(`splitting job ${jobId} said nothing`)
  return outcome
}

/** The same for many. What was split stays split where a later transaction fails. */
export async function splitJobs(context: EngineContext, migrationId: string, jobIds: readonly string[]): Promise<void> {
  const subject = await loadSubject(context, migrationId)
  assertSameOrder(subject)
  for (let start = 0; start < jobIds.length; start += JOBS_PER_TRANSACTION) {
    await inOneTransaction(context, subject, jobIds.slice(start, start + JOBS_PER_TRANSACTION))
  }
}

async function inOneTransaction(
  context: EngineContext,
  { migration, scoped, strategy, searchPath }: MigrationSubject,
  jobIds: readonly string[],
): Promise<readonly SplitOutcome[]> {
  const splitAll = async (): Promise<readonly SplitOutcome[]> =>
    inWritingTransaction(
      context,
      async (transaction) => {
        const outcomes: SplitOutcome[] = []
        for (const jobId of jobIds) {
          const ids = { migrationId: migration.id, jobId }
          if (!isId(jobId)) throw unknownJob(migration.id, jobId)
          const outcome = await splitJob(transaction, context, { ...ids, scoped, strategy })
          await recordEvent(transaction, context, { kind: 'split', ...ids, details: { ...outcome } })
          outcomes.push(outcome)
        }
        return outcomes
      },
      { isPlanning: true, searchPath, statementTimeoutMs: context.limits.planningTimeoutMs },
    )
  const outcomes = await withContentionRetries(context, splitAll)
  outcomes.forEach((outcome, index) => {
    const ids = { migrationId: migration.id, jobId: jobIds[index] ?? '' }
    context.emitter.emit('job:split', { ...ids, ...outcome, attempts: null })
  })
  return outcomes
}
