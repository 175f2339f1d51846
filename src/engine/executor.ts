/**
 * One sub-batch, one transaction, in two flights: BEGIN · local settings · guard · the author's statement; then progress
 * with the exact count, and COMMIT. The last sub-batch's transaction also finishes the job and writes its log.
 */
import type pg from 'pg'
import { sql, type Sql } from '../shared/sql.ts'
import { MIGRATION_STATUS_CODES } from '../shared/status.ts'
import type { KeyRange } from './batching/key-range.ts'
import type { Slice } from './batching/strategy.ts'
import { createSubBatch } from './batching/sub-batch.ts'
import type { Claim } from './claim.ts'
import { type EngineContext, localSettings } from './context.ts'
import type { Drive } from './drive.ts'
import { type Outcome, prepare, type Prepared } from './performer.ts'
import { ConnectionLost } from './target/connection-lost.ts'
import { type Answer, fly } from './target/flight.ts'
import { assertCommitted, COMMIT, deadlineOf, type LocalSettings, opening, rollBack } from './target/transaction.ts'
import { jobTransition } from './transitions.ts'
import type { Key } from './types.ts'

export interface SubBatch {
  readonly claim: Claim
  readonly slice: Slice
  /** The end of the sub-batch before it; null for the job's first. */
  readonly predecessor: Key | null
  /** For the job's last one: the metrics with which it finishes the job. They are asked for after the statement ran. */
  readonly finishWith: ((outcome: Outcome) => Readonly<Record<string, unknown>>) | null
}

/** Runs and commits one sub-batch. On any error nothing of it is committed, but for a connection lost around COMMIT. */
export async function commitSubBatch(context: EngineContext, drive: Drive, subBatch: SubBatch): Promise<Outcome> {
  const settings = await localSettings(context, { searchPath: drive.searchPath })
  const range = rangeOf(subBatch)
  const prepared = await prepare(context, drive, {
    jobId: subBatch.claim.jobId,
    subBatch: createSubBatch(drive.scoped, range),
  })
  try {
    return await context.target.withClient((client) =>
      inGuardedTransaction(client, { context, drive, settings, subBatch, prepared }),
    )
  } catch (error) {
    prepared.abandon(error)
    throw error
  }
}

/** Finishes a job in whose range no key is left. Guarded like a sub-batch. */
export async function finishEmptyJob(context: EngineContext, drive: Drive, claim: Claim): Promise<void> {
  const settings = await localSettings(context, {})
  await context.target.withClient(async (client) => {
    try {
      await fly(client, [...opening(settings), guard(context, drive, claim, claim.cursor)], deadlineOf(settings))
      await finishJob(client, context, { claim, settings, metrics: {} })
    } catch (error) {
      await rollBack(client)
      throw error
    }
  })
}

interface Guarded {
  readonly context: EngineContext
  readonly drive: Drive
  readonly settings: LocalSettings
  readonly subBatch: SubBatch
  readonly prepared: Prepared
}

async function inGuardedTransaction(client: pg.Client, guarded: Guarded): Promise<Outcome> {
  const { context, drive, settings, subBatch, prepared } = guarded
  const { claim, predecessor, finishWith } = subBatch
  const head = [...opening(settings), guard(context, drive, claim, predecessor)]
  try {
    const first = prepared.statement === null ? head : [...head, prepared.statement]
    const answers = await fly(client, first, deadlineOf(settings, 2))
    const run = async (statement: Sql): Promise<Answer> => one(await fly(client, [statement], deadlineOf(settings)))
    const answer = prepared.statement === null ? null : one(answers.slice(-1))
    const outcome = await whileConnected(client, prepared.finish(run, answer))
    assertStillOpen(client, drive)
    const progress = progressStatement(context, subBatch, outcome)
    if (finishWith === null) {
      assertCommitted(one((await fly(client, [progress, COMMIT], deadlineOf(settings))).slice(-1)))
    } else {
      await run(progress)
      await finishJob(client, context, { claim, settings, metrics: finishWith(outcome) })
    }
    return outcome
  } catch (error) {
    await rollBack(client)
    throw error
  }
}

/**
 * The author's function may wait for something else than the database; when the server then ends the session (it does after
 * 10 s of idling in the transaction), nobody would wake it up.
 */
async function whileConnected<T>(client: pg.Client, working: Promise<T>): Promise<T> {
  let onEnd: () => void = () => undefined
  const lost = new Promise<never>((_resolve, reject) => {
    onEnd = () => {
      reject(new ConnectionLost(new Error('the server ended the session while perform was at work')))
    }
    client.once('end', onEnd)
  })
  try {
    return await Promise.race([working, lost])
  } finally {
    client.off('end', onEnd)
  }
}

/** A definition that commits by itself would leave its rows without their progress, and the guard's lock behind. */
function assertStillOpen(client: pg.Client, { loaded }: Drive): void {
  if (client.getTransactionStatus() === 'T') return
  throw new Error(
    `${loaded.definition.jobClassName} ended or broke the sub-batch’s transaction; perform must leave it open`,
  )
}

interface Finishing {
  readonly claim: Claim
  readonly settings: LocalSettings
  readonly metrics: Readonly<Record<string, unknown>>
}

async function finishJob(
  client: pg.Client,
  context: EngineContext,
  { claim, settings, metrics }: Finishing,
): Promise<void> {
  const finish = jobTransition(context, { jobId: claim.jobId, from: 'running', to: 'succeeded', metrics })
  const answer = one(await fly(client, [finish], deadlineOf(settings)))
  // Under our epoch nobody else changes the job; somebody with psql might have.
  if (answer.rows.length === 0)
    throw new Error(`job ${claim.jobId} is no longer running; its status was changed by hand`)
  assertCommitted(one(await fly(client, [COMMIT], deadlineOf(settings))))
}

function guard(
  { tables }: EngineContext,
  { drivenStatuses }: Drive,
  { jobId, epoch }: Claim,
  predecessor: Key | null,
): Sql {
  const statuses = drivenStatuses.map((status) => MIGRATION_STATUS_CODES[status])
  return sql`SELECT ${tables.guard}(${jobId}::bigint, ${epoch}::bigint, ${predecessor}::text[], ${statuses}::smallint[])`
}

/** The guard holds the row's lock; this only writes it. */
function progressStatement({ tables }: EngineContext, { claim, slice }: SubBatch, outcome: Outcome): Sql {
  return sql`UPDATE ${tables.progress}
                SET "cursor" = ${[...slice.end]}::text[],
                    scanned = scanned + ${slice.scanned},
                    changed = changed + ${outcome.changed},
                    unresolved = unresolved + ${outcome.unresolved},
                    quarantined = quarantined + ${outcome.quarantined.length},
                    sub_batches = sub_batches + 1,
                    updated_at = clock_timestamp()
              WHERE job_id = ${claim.jobId}`
}

function rangeOf({ claim, slice, predecessor }: SubBatch): KeyRange {
  return { after: predecessor, from: claim.min, until: slice.end }
}

function one(answers: readonly Answer[]): Answer {
  const [answer] = answers
  if (answer === undefined) throw new Error('the server answered a flight with nothing')
  return answer
}
