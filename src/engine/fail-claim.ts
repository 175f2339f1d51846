/** A claimed job that failed: its status, its log, and what follows from a statement that took too long. */
import { sql } from '../shared/sql.ts'
import { answerTimeout, type TimeoutAnswer } from './answer-timeout.ts'
import type { Claim } from './claim.ts'
import { planning } from './planner.ts'
import { type EngineContext, inWritingTransaction } from './context.ts'
import type { Drive } from './drive.ts'
import type { Transaction } from './target/transaction.ts'
import { transitionJob } from './transitions.ts'

interface Failure {
  readonly claim: Claim
  readonly exceptionClass: string
  readonly exceptionMessage: string
  readonly metrics: Readonly<Record<string, unknown>>
  /** A statement took too long: the job is made smaller in the same transaction. */
  readonly isTimeout: boolean
}

/** running → failed with its log, under our epoch. Returns false when the claim was lost. */
export async function failClaim(context: EngineContext, drive: Drive, failure: Failure): Promise<boolean> {
  const { isTimeout, claim } = failure
  const settings = isTimeout ? planning(context, drive) : {}
  const outcome = await inWritingTransaction(
    context,
    async (transaction) => {
      // Splitting inserts a job: the migration comes before the progress row in the order of locks.
      if (isTimeout) await shareMigration(transaction, context, drive.migration.id)
      if (!(await setFailed(transaction, context, drive, failure))) return null
      return { answer: isTimeout ? await answerTimeout(transaction, context, drive, claim.jobId) : null }
    },
    settings,
  )
  if (outcome === null) return false
  tellAnswer(context, drive, claim.jobId, outcome.answer)
  return true
}

async function shareMigration(transaction: Transaction, { tables }: EngineContext, migrationId: string): Promise<void> {
  await transaction.query(sql`SELECT 1 FROM ${tables.migrations} WHERE id = ${migrationId} FOR SHARE`)
}

function tellAnswer(
  { emitter }: EngineContext,
  { migration }: Drive,
  jobId: string,
  answer: TimeoutAnswer | null,
): void {
  if (answer === null) return
  const ids = { migrationId: migration.id, jobId }
  const { attempts } = answer
  if (answer.kind === 'shrunk') emitter.emit('job:shrunk', { ...ids, from: answer.from, to: answer.to, attempts })
  else emitter.emit('job:split', { ...ids, secondJobId: answer.secondJobId, batchSize: answer.batchSize, attempts })
}

async function setFailed(
  transaction: Transaction,
  context: EngineContext,
  drive: Drive,
  { claim, exceptionClass, exceptionMessage, metrics }: Failure,
): Promise<boolean> {
  const locked = await transaction.query(
    sql`UPDATE ${context.tables.progress} SET runner_id = NULL
         WHERE job_id = ${claim.jobId} AND epoch = ${claim.epoch} AND runner_id = ${drive.runnerId}`,
  )
  if (locked.rowCount === 0) return false
  await transitionJob(transaction, context, {
    jobId: claim.jobId,
    from: 'running',
    to: 'failed',
    exceptionClass,
    exceptionMessage,
    metrics,
  })
  return true
}
