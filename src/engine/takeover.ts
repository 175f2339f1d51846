/**
 * Takes the claims of runners that are gone. Waits for each job's progress row (the old backend may still be at work
 * there), raises its epoch, and so fences out whoever held it. Deleting the runner's row keeps it from claiming again.
 */
import { sql } from '../shared/sql.ts'
import { JOB_STATUS_CODES } from '../shared/status.ts'
import { GIVE_UP_UNCOUNTED } from './claim-row.ts'
import { type EngineContext, onlyRow } from './context.ts'
import type { Transaction } from './target/transaction.ts'
import { transitionJob } from './transitions.ts'
import type { RunnerInfo } from './types.ts'

export const MAX_ATTEMPTS = 3
/** So many takeovers and releases of one job are no attempt; each later one is, so that a job which kills its runner ends. */
const FREE_RELEASES = 15

export interface TakenOver {
  readonly jobId: string
  readonly fromRunner: string | null
}

interface TakingOver {
  readonly migrationId: string
  /** All of the migration's runners, locked: who is judged dead here cannot come back before this is committed. */
  readonly runners: readonly RunnerInfo[]
  /** Never judged: whoever asks is alive, even where its heartbeat did not get through. */
  readonly ownRunner: string | null
}

/** Takes over every claim of the migration's dead runners. In the caller's transaction, which holds the lease row. */
export async function takeOverDeadRunners(
  transaction: Transaction,
  context: EngineContext,
  { migrationId, runners, ownRunner }: TakingOver,
): Promise<readonly TakenOver[]> {
  const dead = runners.filter(({ id, isLive }) => !isLive && id !== ownRunner)
  const taken: TakenOver[] = []
  for (const runner of dead) taken.push(...(await takeOverRunner(transaction, context, migrationId, runner)))
  taken.push(...(await takeOverOrphans(transaction, context, migrationId)))
  return taken
}

async function takeOverRunner(
  transaction: Transaction,
  context: EngineContext,
  migrationId: string,
  runner: RunnerInfo,
): Promise<readonly TakenOver[]> {
  await transaction.query(sql`DELETE FROM ${context.tables.runners} WHERE id = ${runner.id}`)
  const { rows } = await transaction.query(
    sql`SELECT p.job_id FROM ${context.tables.progress} AS p
          JOIN ${context.tables.jobs} AS j ON j.id = p.job_id
         WHERE p.migration_id = ${migrationId} AND p.runner_id = ${runner.id} AND j.status = ${JOB_STATUS_CODES.running}
         ORDER BY p.job_id`,
  )
  const label = `${runner.operator} on ${runner.host} (pid ${String(runner.pid)})`
  const jobIds = rows.map((row) => String(row.job_id))
  return fenceAll(transaction, context, { jobIds, fromRunner: label, expectedRunner: runner.id })
}

/** Running jobs whose runner has no row any more. */
async function takeOverOrphans(
  transaction: Transaction,
  context: EngineContext,
  migrationId: string,
): Promise<readonly TakenOver[]> {
  const { tables } = context
  const { rows } = await transaction.query(
    sql`SELECT p.job_id FROM ${tables.progress} AS p
          JOIN ${tables.jobs} AS j ON j.id = p.job_id
         WHERE p.migration_id = ${migrationId} AND j.status = ${JOB_STATUS_CODES.running}
           AND NOT EXISTS (SELECT FROM ${tables.runners} AS r WHERE r.id = p.runner_id)
         ORDER BY p.job_id`,
  )
  const jobIds = rows.map((row) => String(row.job_id))
  return fenceAll(transaction, context, { jobIds, fromRunner: null, expectedRunner: null })
}

interface Fencing {
  readonly jobIds: readonly string[]
  readonly fromRunner: string | null
  /** Only while this runner still holds it; null: whoever does. */
  readonly expectedRunner: string | null
}

async function fenceAll(
  transaction: Transaction,
  context: EngineContext,
  { jobIds, fromRunner, expectedRunner }: Fencing,
): Promise<readonly TakenOver[]> {
  const taken: TakenOver[] = []
  for (const jobId of jobIds) {
    const isTaken = await giveBack(transaction, context, {
      jobId,
      expectedRunner,
      exceptionClass: 'RunnerVanished',
      exceptionMessage: `the runner of this job vanished${fromRunner === null ? '' : `: ${fromRunner}`}`,
    })
    if (isTaken) taken.push({ jobId, fromRunner })
  }
  return taken
}

interface GivingBack {
  readonly jobId: string
  readonly expectedRunner: string | null
  readonly exceptionClass: string
  readonly exceptionMessage: string
}

/**
 * running → pending under a raised epoch, with the attempt given back (from the 16th time on it counts, and a job
 * without attempts left fails). Returns false when the job was no longer running under that runner.
 */
export async function giveBack(
  transaction: Transaction,
  context: EngineContext,
  { jobId, expectedRunner, exceptionClass, exceptionMessage }: GivingBack,
): Promise<boolean> {
  const { tables } = context
  const { rowCount } = await transaction.query(
    sql`SELECT 1 FROM ${tables.progress}
         WHERE job_id = ${jobId}${expectedRunner === null ? sql`` : sql` AND runner_id = ${expectedRunner}`} FOR NO KEY UPDATE`,
  )
  if (rowCount === 0) return false
  // Read only now, with the progress row locked: before that a last sub-batch may still have finished the job.
  const { rows: jobs } = await transaction.query(sql`SELECT status, attempts FROM ${tables.jobs} WHERE id = ${jobId}`)
  const [job] = jobs as { status: number; attempts: number }[]
  if (job?.status !== JOB_STATUS_CODES.running) return false
  const { rows } = await transaction.query(
    sql`UPDATE ${tables.progress} SET epoch = epoch + 1, runner_id = NULL, releases = releases + 1, ${GIVE_UP_UNCOUNTED}
         WHERE job_id = ${jobId} RETURNING releases`,
  )
  const progress = onlyRow<{ releases: number }>(rows, `job ${jobId} has no progress row`)
  const isFree = progress.releases <= FREE_RELEASES
  const to = !isFree && job.attempts >= MAX_ATTEMPTS ? 'failed' : 'pending'
  await transitionJob(transaction, context, {
    jobId,
    from: 'running',
    to,
    attempts: isFree ? -1 : 0,
    exceptionClass,
    exceptionMessage: isFree
      ? exceptionMessage
      : `${exceptionMessage} (time ${String(progress.releases)} on this job: it counts as an attempt)`,
  })
  return true
}
