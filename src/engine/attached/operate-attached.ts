/**
 * What may be done to GitLab's own rows: pause, resume and retry, by its table of transitions and its way of retrying.
 * Nothing else is written there, no journal either.
 */
import { inPatientTransaction } from '../contention.ts'
import type { EngineContext } from '../context.ts'
import { TrancheError } from '../../shared/errors.ts'
import { canTransition, MIGRATION_EVENTS, type MigrationStatus } from '../../shared/status.ts'
import { assertResumable, failedJobs, type RetryOptions } from '../operate.ts'
import { sqlstateOf } from '../target/sqlstate.ts'
import type { Transaction } from '../target/transaction.ts'
import { findMigration } from '../tracking/find-migration.ts'
import { lockMigration, type StatusChange, transitionMigration, unknownMigration } from '../transitions.ts'
import type { Migration } from '../types.ts'
import { tooOld } from './attached-columns.ts'
import { writable } from './attached-tables.ts'
import { giveBackAttempts, lastFailedJob, lockFailedJobs } from './retry-attached.ts'

/** active or paused → paused. Throws illegal_transition, from finalizing too: GitLab keeps no status to go back to. */
export async function pauseAttached(context: EngineContext, migrationId: string): Promise<Migration> {
  return change(context, migrationId, 'pause')
}

/** paused → active; active stays. A failed one is retried. Throws illegal_transition. */
export async function resumeAttached(context: EngineContext, migrationId: string): Promise<Migration> {
  return change(context, migrationId, 'execute')
}

/**
 * Every failed job of a failed migration is split in two halves, whatever it failed of, and the migration becomes active.
 * Locked in transactions of 100 jobs, as GitLab does it. Throws illegal_transition unless it is failed, unknown_job where
 * a filter names none, invalid_arguments for any size but half.
 */
export async function retryAttached(
  context: EngineContext,
  migrationId: string,
  { size, ...filter }: RetryOptions = {},
): Promise<{ readonly retried: number; readonly migration: Migration }> {
  if (size !== undefined && size !== 'half') throw alwaysHalved()
  const own = writable(context)
  const isFiltered = filter.jobId !== undefined || filter.group !== undefined
  const only = isFiltered ? await failedJobs(context, migrationId, filter) : null
  const last = await lastFailedJob(context, migrationId)
  let retried = 0
  for (let after: string | null = '0'; after !== null;) {
    const behind: string = after
    const part = await inPatientTransaction(
      context,
      async (transaction) => {
        assertRetryable(migrationId, await lockMigration(transaction, own, migrationId))
        const migration = await get(transaction, context, migrationId)
        const jobs = await lockFailedJobs(transaction, own, { migrationId, after: behind, last, only })
        for (const job of jobs) await giveBackAttempts(transaction, own, migration, job)
        return jobs
      },
      { isPlanning: true, statementTimeoutMs: context.limits.planningTimeoutMs },
    )
    retried += part.length
    after = part.at(-1)?.id ?? null
  }
  return { retried, migration: await change(context, migrationId, 'execute', true) }
}

function assertRetryable(migrationId: string, status: MigrationStatus): void {
  if (status === 'failed') return
  throw new TrancheError(
    'illegal_transition',
    `migration ${migrationId} is ${status}; GitLab retries failed ones only`,
    {
      remedy: status === 'paused' ? 'Resume it.' : 'Leave it to GitLab.',
      details: { from: status, to: 'active', event: 'execute' },
    },
  )
}

/** As everywhere, but with what can be done here. Throws illegal_transition. */
function assertAllowed(migrationId: string, event: 'pause' | 'execute', from: MigrationStatus): void {
  if (canTransition(event, from)) return
  const { to } = MIGRATION_EVENTS[event]
  throw new TrancheError('illegal_transition', `migration ${migrationId} is ${from}; it cannot become ${to}`, {
    remedy: REMEDIES[from],
    details: { from, to, event },
  })
}

const REMEDIES: Readonly<Record<MigrationStatus, string>> = {
  paused: 'Resume it.',
  active: 'Pause it, or leave it to GitLab.',
  finished: 'Nothing is left to run; GitLab finalizes it with a later release.',
  failed: 'Look at its failures, then retry it.',
  finalizing: 'GitLab finalizes it, and its tables keep no status to go back to: leave it to GitLab.',
  finalized: 'It is sealed; nothing more can be done with it.',
}

function alwaysHalved(): TrancheError {
  return new TrancheError('invalid_arguments', 'a job of GitLab’s own is always split when it is retried', {
    remedy: 'Leave --size out.',
  })
}

const UNDEFINED_COLUMN = '42703'

async function change(
  context: EngineContext,
  migrationId: string,
  event: 'pause' | 'execute',
  isRetry = false,
): Promise<Migration> {
  const apply = async (transaction: Transaction): Promise<{ changed: StatusChange; migration: Migration }> => {
    const status = await lockMigration(transaction, writable(context), migrationId)
    if (event === 'execute' && !isRetry) assertResumable(migrationId, status)
    assertAllowed(migrationId, event, status)
    const applied = await transitionMigration(transaction, writable(context), { migrationId, event })
    return { changed: applied, migration: await get(transaction, context, migrationId) }
  }
  const { changed, migration } = await inPatientTransaction(context, apply).catch((error: unknown) => {
    // What is read may be missing; when it was started and finished is written.
    if (sqlstateOf(error) !== UNDEFINED_COLUMN) throw error
    throw tooOld(context.tables.schema, 'batched_background_migrations', ['started_at or finished_at'])
  })
  context.emitter.emit('migration:changed', { migrationId, event, ...changed })
  return migration
}

async function get(transaction: Transaction, { tables }: EngineContext, migrationId: string): Promise<Migration> {
  const migration = await findMigration(transaction, tables, migrationId)
  if (migration === null) throw unknownMigration(migrationId)
  return migration
}
