/** What operators do to a queued migration from any machine: pause, resume, set, retry, wait. Each is journaled. */
import { TrancheError } from '../shared/errors.ts'
import type { RetrySize } from '../shared/retry-size.ts'
import { sql } from '../shared/sql.ts'
import { isPastRun, JOB_STATUS_CODES, type MigrationStatus } from '../shared/status.ts'
import { restoreIfAbandoned } from './abandoned.ts'
import { inPatientTransaction } from './contention.ts'
import { type EngineContext, inTransaction } from './context.ts'
import { readFailures } from './failures.ts'
import { changedKnobs } from './knobs.ts'
import { splitJobs } from './splitting.ts'
import type { Transaction } from './target/transaction.ts'
import { findMigration } from './tracking/find-migration.ts'
import { recordEvent } from './tracking/record-event.ts'
import {
  assertTransition,
  lockMigration,
  restoreFromFinalizing,
  type StatusChange,
  transitionMigration,
  unknownMigration,
} from './transitions.ts'
import type { KnobChanges, Migration } from './types.ts'

const WAIT_POLL_MS = 500

export interface RetryOptions {
  readonly jobId?: string
  readonly group?: string
  readonly size?: RetrySize
}

/** Takes effect at each runner's next sub-batch. A finalizing migration goes back to the status that it came from. */
export async function pauseMigration(context: EngineContext, migrationId: string): Promise<Migration> {
  const apply = async (transaction: Transaction): Promise<StatusChange> => {
    const status = await lockMigration(transaction, context, migrationId)
    return status === 'finalizing'
      ? restoreFromFinalizing(transaction, context, migrationId)
      : transitionMigration(transaction, context, { migrationId, event: 'pause' })
  }
  return change(context, migrationId, { event: 'pause', apply })
}

/** paused → active. A failed migration is retried, not resumed. Throws illegal_transition. */
export async function resumeMigration(context: EngineContext, migrationId: string): Promise<Migration> {
  await restoreIfAbandoned(context, migrationId)
  const apply = async (transaction: Transaction): Promise<StatusChange> => {
    const status = await lockMigration(transaction, context, migrationId)
    assertResumable(migrationId, status)
    return transitionMigration(transaction, context, { migrationId, event: 'execute' })
  }
  return change(context, migrationId, { event: 'execute', apply })
}

/** A failed migration is retried: to resume it would look at its failures no more. Throws illegal_transition. */
export function assertResumable(migrationId: string, status: MigrationStatus): void {
  if (status !== 'failed') return
  throw new TrancheError('illegal_transition', `migration ${migrationId} is failed; it cannot be resumed`, {
    remedy: `Look at its failures, then: tranche retry ${migrationId}`,
    details: { from: status, to: 'active', event: 'execute' },
  })
}

/** Changes knobs from the next job on. Throws invalid_setting, illegal_transition once it is finished; changes nothing then. */
export async function setKnobs(context: EngineContext, migrationId: string, changes: KnobChanges): Promise<Migration> {
  const { tables } = context
  const migration = await inPatientTransaction(context, async (transaction) => {
    const status = await lockMigration(transaction, context, migrationId)
    if (isPastRun(status)) throw nothingToPace(migrationId, status)
    const current = await get(transaction, context, migrationId)
    const knobs = changedKnobs(current, changes)
    await transaction.query(
      sql`UPDATE ${tables.migrations}
             SET batch_size = ${knobs.batchSize}, sub_batch_size = ${knobs.subBatchSize}, max_batch_size = ${knobs.maxBatchSize},
                 "interval" = ${knobs.intervalSeconds}, pause_ms = ${knobs.pauseMs}, updated_at = clock_timestamp()
           WHERE id = ${migrationId}`,
    )
    await recordEvent(transaction, context, { kind: 'set', migrationId, details: { ...changes } })
    return get(transaction, context, migrationId)
  })
  context.emitter.emit('migration:set', { migrationId, changes: { ...changes } })
  return migration
}

/**
 * Failed jobs get their attempts back, cursors are kept, and the migration becomes active. With a filter only those jobs;
 * with size half each of them is split first, whatever it failed of; with rows its sub-batches are of one row from now on.
 * Throws unknown_job where the filter names none, illegal_transition where the migration cannot become active.
 */
export async function retryMigration(
  context: EngineContext,
  migrationId: string,
  { size = 'same', ...filter }: RetryOptions = {},
): Promise<{ readonly retried: number; readonly migration: Migration }> {
  const { tables } = context
  await restoreIfAbandoned(context, migrationId)
  const isFiltered = filter.jobId !== undefined || filter.group !== undefined
  const wanted = isFiltered ? await failedJobs(context, migrationId, filter) : null
  if (size === 'half') await splitBeforeRetry(context, migrationId, wanted)
  let retried: readonly string[] = []
  const retry = async (transaction: Transaction): Promise<StatusChange> => {
    const changed = await transitionMigration(transaction, context, { migrationId, event: 'execute' })
    const { rows } = await transaction.query(
      sql`UPDATE ${tables.jobs} SET attempts = 0, updated_at = clock_timestamp() ${size === 'rows' ? sql`, sub_batch_size = 1` : sql``}
           WHERE batched_background_migration_id = ${migrationId} AND status = ${JOB_STATUS_CODES.failed}
             ${wanted === null ? sql`` : sql`AND id = ANY (${[...wanted]}::bigint[])`}
          RETURNING id`,
    )
    retried = rows.map(({ id }) => id as string)
    await recordEvent(transaction, context, {
      kind: 'retry',
      migrationId,
      details: {
        ...filter,
        ...(size === 'same' ? {} : { size }),
        from: changed.from,
        to: changed.to,
        retried: retried.length,
      },
    })
    return changed
  }
  const migration = await change(context, migrationId, { event: 'execute', apply: retry, isJournaled: false })
  for (const jobId of retried) context.emitter.emit('job:retried', { migrationId, jobId })
  return { retried: retried.length, migration }
}

/** Only where the migration may become active, so that nothing is split for a retry that is refused. */
async function splitBeforeRetry(
  context: EngineContext,
  migrationId: string,
  wanted: readonly string[] | null,
): Promise<void> {
  await inTransaction(context, async (transaction) => {
    const { status } = await get(transaction, context, migrationId)
    assertTransition(migrationId, 'execute', status)
  })
  const { jobs } = await readFailures(context, migrationId)
  const failed = jobs.filter(({ job }) => job.status === 'failed').map(({ job }) => job.id)
  await splitJobs(context, migrationId, wanted ?? failed)
}

/** Resolves once nothing more will happen by itself: finished, finalized, failed or paused. Throws wait_timeout. */
export async function waitForEnd(
  context: EngineContext,
  migrationId: string,
  { timeoutSeconds, signal }: { readonly timeoutSeconds?: number; readonly signal?: AbortSignal },
): Promise<Migration> {
  const deadlineMs = timeoutSeconds === undefined ? null : context.clock.now().getTime() + timeoutSeconds * 1000
  for (;;) {
    const migration = await inTransaction(context, (transaction) => get(transaction, context, migrationId))
    if (migration.status !== 'active' && migration.status !== 'finalizing') return migration
    if (migration.status === 'finalizing') await restoreIfAbandoned(context, migrationId)
    const leftMs = deadlineMs === null ? WAIT_POLL_MS : deadlineMs - context.clock.now().getTime()
    if (leftMs <= 0) {
      throw new TrancheError(
        'wait_timeout',
        `migration ${migrationId} is still ${migration.status} after ${String(timeoutSeconds)} s`,
        {
          remedy: `See what it does with: tranche status ${migrationId}`,
          details: { status: migration.status },
        },
      )
    }
    await context.clock.sleep(Math.min(WAIT_POLL_MS, leftMs), signal)
  }
}

interface Change {
  readonly event: 'pause' | 'execute'
  readonly apply: (transaction: Transaction) => Promise<StatusChange>
  /** Whether the change is the whole of what is to be told of in the journal. */
  readonly isJournaled?: boolean
}

function nothingToPace(migrationId: string, status: string): TrancheError {
  return new TrancheError(
    'illegal_transition',
    `migration ${migrationId} is ${status}: it has no job left to be paced`,
    {
      remedy: 'Its knobs are kept as they were when it ran.',
      details: { from: status },
    },
  )
}

async function change(
  context: EngineContext,
  migrationId: string,
  { event, apply, isJournaled = true }: Change,
): Promise<Migration> {
  const { changed, migration } = await inPatientTransaction(context, async (transaction) => {
    const applied = await apply(transaction)
    if (isJournaled) {
      await recordEvent(transaction, context, {
        kind: event === 'execute' ? 'resume' : event,
        migrationId,
        details: { ...applied },
      })
    }
    return { changed: applied, migration: await get(transaction, context, migrationId) }
  })
  context.emitter.emit('migration:changed', { migrationId, event, ...changed })
  return migration
}

/** Ids of the failed jobs that a filter names. Throws unknown_job where it names none. */
export async function failedJobs(
  context: EngineContext,
  migrationId: string,
  filter: { readonly jobId?: string; readonly group?: string },
): Promise<readonly string[]> {
  const { jobs } = await readFailures(context, migrationId, filter)
  const failed = jobs.filter(({ job }) => job.status === 'failed').map(({ job }) => job.id)
  if (failed.length > 0) return failed
  const what = filter.jobId === undefined ? `in group ${String(filter.group)}` : `with id ${filter.jobId}`
  throw new TrancheError('unknown_job', `migration ${migrationId} has no failed job ${what}`, {
    remedy: `tranche failures ${migrationId} lists them.`,
  })
}

async function get(transaction: Transaction, { tables }: EngineContext, migrationId: string): Promise<Migration> {
  const migration = await findMigration(transaction, tables, migrationId)
  if (migration === null) throw unknownMigration(migrationId)
  return migration
}
