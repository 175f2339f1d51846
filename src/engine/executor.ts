/**
 * The careful path: one sub-batch by itself, one transaction, in two flights: BEGIN · local settings · guard · the author's
 * statement; then progress with the exact count, and COMMIT. The last sub-batch's transaction also finishes the job and
 * writes its log. Without a pause static statements take the fast path (run-ahead.ts) and come here when one of them fails.
 */
import type pg from 'pg'
import type { Sql } from '../shared/sql.ts'
import type { Backlog } from './backlog.ts'
import type { KeyRange } from './batching/key-range.ts'
import type { Slice } from './batching/strategy.ts'
import { createSubBatch } from './batching/sub-batch.ts'
import type { Claim } from './claim.ts'
import { type EngineContext, localSettings } from './context.ts'
import type { Drive } from './drive.ts'
import { type Outcome, prepare, type Prepared } from './performer.ts'
import { closing, finishing, guardedOpening, type Progress } from './sub-batch-statements.ts'
import { ConnectionLost } from './target/connection-lost.ts'
import { type Answer, fly, lastOf } from './target/flight.ts'
import { kindOfError } from './target/sqlstate.ts'
import { assertCommitted, deadlineOf, type LocalSettings, rollBack } from './target/transaction.ts'
import type { Key } from './types.ts'

export interface SubBatch {
  readonly claim: Claim
  readonly slice: Slice
  /** The end of the sub-batch before it; null for the job's first. */
  readonly predecessor: Key | null
  readonly backlog: Backlog
  /** For the job's last one: the metrics with which it finishes the job. They are asked for after the statement ran. */
  readonly finishWith: ((outcome: Outcome) => Readonly<Record<string, unknown>>) | null
}

/** Prepares a sub-batch outside any transaction: calls the author's code. Anew for each try. */
export async function prepareSubBatch(
  context: EngineContext,
  drive: Drive,
  { claim, slice, predecessor }: Pick<SubBatch, 'claim' | 'slice' | 'predecessor'>,
): Promise<Prepared> {
  const range: KeyRange = { after: predecessor, from: claim.min, until: slice.end }
  return prepare(context, drive, { jobId: claim.jobId, subBatch: createSubBatch(drive.scoped, range, slice.values) })
}

/**
 * Runs and commits one prepared sub-batch. On any error nothing of it is committed, but for a connection lost around COMMIT:
 * then it is still in the backlog's air.
 */
export async function commitSubBatch(
  context: EngineContext,
  drive: Drive,
  subBatch: SubBatch,
  prepared: Prepared,
): Promise<Outcome> {
  try {
    const settings = await localSettings(context, { searchPath: drive.searchPath })
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
  const predecessor = claim.cursor
  await context.target.withClient(async (client) => {
    try {
      await fly(client, guardedOpening({ context, drive, settings, claim, predecessor }), deadlineOf(settings))
      await finishJob(client, { context, settings, claim, progress: null, metrics: {} })
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
  const { claim, predecessor, backlog } = subBatch
  const head = guardedOpening({ context, drive, settings, claim, predecessor })
  try {
    const first = prepared.statement === null ? head : [...head, prepared.statement]
    const answers = await fly(client, first, deadlineOf(settings, 2))
    const run = async (statement: Sql): Promise<Answer> => lastOf(await fly(client, [statement], deadlineOf(settings)))
    const answer = prepared.statement === null ? null : lastOf(answers)
    const outcome = await whileConnected(client, prepared.finish(run, answer))
    assertStillOpen(client, drive)
    await closeSubBatch(client, { context, settings, subBatch, outcome })
    return outcome
  } catch (error) {
    await rollBack(client)
    // A connection lost around COMMIT leaves it in the air until it is settled.
    if (kindOfError(error) !== 'connection') backlog.recall()
    throw error
  }
}

interface Closing {
  readonly context: EngineContext
  readonly settings: LocalSettings
  readonly subBatch: SubBatch
  readonly outcome: Outcome
}

/** Progress with the exact count and COMMIT, in one flight; for the job's last sub-batch with the job's end in between. */
export async function closeSubBatch(
  client: pg.Client,
  { context, settings, subBatch, outcome }: Closing,
): Promise<void> {
  const { claim, slice, backlog, finishWith } = subBatch
  const { changed, unresolved, unresolvedReasons, quarantined } = outcome
  const shipment = backlog.ship(slice.end, changed)
  const progress = { claim, slice, shipment, unresolved, unresolvedReasons, quarantined: quarantined.length }
  if (finishWith === null) {
    assertCommitted(lastOf(await fly(client, closing(context, progress), deadlineOf(settings))))
  } else {
    await finishJob(client, { context, settings, claim, progress, metrics: finishWith(outcome) })
  }
  backlog.land(changed)
}

interface Finishing {
  readonly context: EngineContext
  readonly settings: LocalSettings
  readonly claim: Claim
  readonly progress: Progress | null
  readonly metrics: Readonly<Record<string, unknown>>
}

async function finishJob(client: pg.Client, { context, settings, claim, progress, metrics }: Finishing): Promise<void> {
  const { jobId } = claim
  const answers = await fly(client, finishing(context, progress, { jobId, metrics }), deadlineOf(settings))
  assertCommitted(lastOf(answers))
  // Under our epoch nobody else changes the job; somebody with psql might have. Its rows and its cursor are right even then.
  if (answers.at(-2)?.rowCount !== 1)
    throw new Error(`job ${jobId} is no longer running; its status was changed by hand`)
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
