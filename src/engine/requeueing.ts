/**
 * Requeue is the only reset: the old rows go to the archive and the same job class with the same arguments is queued anew,
 * from the definition as it is now. So it is also the way on for a migration whose definition changed.
 */
import type { ArchivedValue } from '../shared/archived-value.ts'
import { TrancheError } from '../shared/errors.ts'
import { sql } from '../shared/sql.ts'
import type { MigrationStatus } from '../shared/status.ts'
import { restoreIfAbandoned } from './abandoned.ts'
import { withContentionRetries } from './contention.ts'
import { type EngineContext, inTransaction, inWritingTransaction } from './context.ts'
import { assertPreconditions } from './preconditions.ts'
import {
  examineOrder,
  findDuplicate,
  insertQueued,
  keepSamples,
  type Queued,
  type Queueing,
  readOrder,
} from './queueing.ts'
import { lastArchived, lockForRemoval, REMOVAL_TIMEOUT_MS } from './removal.ts'
import { archiveMigration, linkSuccessor } from './tracking/archive-migration.ts'
import { findMigration } from './tracking/find-migration.ts'
import { recordEvent } from './tracking/record-event.ts'
import { unknownMigration } from './transitions.ts'
import type { Migration, QueueOutcome, QueueRequest } from './types.ts'

/** What is to be other than it was asked for when it was queued. */
export type RequeueChanges = Omit<QueueRequest, 'jobClassName' | 'jobArguments'>

export interface RequeueOutcome {
  readonly archived: ArchivedValue
  readonly migration: Migration
  readonly warnings: QueueOutcome['warnings']
}

/**
 * Repeats the request of the queueing, with `changes`; what was left to the definition then is taken from the definition
 * now, and a paused one is queued paused. Old rows and new ones change places in one transaction. Throws what queueing
 * throws, illegal_transition from finalizing and finalized, already_running; changes nothing then.
 */
export async function requeueMigration(
  context: EngineContext,
  migrationId: string,
  changes: RequeueChanges = {},
): Promise<RequeueOutcome> {
  await restoreIfAbandoned(context, migrationId)
  const queueing = await examineAgain(context, migrationId, changes)
  await assertPreconditions(context, queueing)
  const { migration, warnings } = await withContentionRetries(context, () => replace(context, migrationId, queueing))
  context.emitter.emit('migration:removed', { migrationId, reason: 'requeued', requeuedAs: migration.id })
  context.emitter.emit('migration:queued', {
    migrationId: migration.id,
    jobClassName: migration.jobClassName,
    duplicate: false,
  })
  await keepSamples(context, queueing, migration.id)
  return { archived: await lastArchived(context, migrationId), migration, warnings }
}

async function examineAgain(context: EngineContext, migrationId: string, changes: RequeueChanges): Promise<Queueing> {
  const { old, recorded } = await readOld(context, migrationId)
  assertRequeueable(migrationId, old.status)
  const queueing = await examineOrder(
    context,
    readOrder(context, {
      ...recorded,
      isPaused: old.status === 'paused',
      ...changes,
      jobClassName: old.jobClassName,
      jobArguments: old.jobArguments,
    }),
  )
  const duplicate = await findDuplicate(context, queueing)
  if (duplicate === null || duplicate.migration.id === migrationId) return queueing
  throw new TrancheError(
    'invalid_arguments',
    `the definition of ${old.jobClassName} now names ${queueing.scoped.table.qualifiedName}, for which migration ${duplicate.migration.id} is queued already`,
    { remedy: `Delete one of the two first: tranche delete ${migrationId}` },
  )
}

/** The row, and what was asked for when it was queued. */
async function readOld(
  context: EngineContext,
  migrationId: string,
): Promise<{ readonly old: Migration; readonly recorded: RequeueChanges }> {
  return inTransaction(context, async (transaction) => {
    const old = await findMigration(transaction, context.tables, migrationId)
    if (old === null) throw unknownMigration(migrationId)
    const { rows } = await transaction.query(
      sql`SELECT details->'request' AS request FROM ${context.tables.events}
           WHERE migration_id = ${migrationId} AND kind = 'queue' ORDER BY id LIMIT 1`,
    )
    const [row] = rows as { request: RequeueChanges | null }[]
    return { old, recorded: row?.request ?? {} }
  })
}

function assertRequeueable(migrationId: string, status: MigrationStatus): void {
  if (status !== 'finalizing' && status !== 'finalized') return
  throw new TrancheError('illegal_transition', `migration ${migrationId} is ${status}; it cannot be requeued`, {
    remedy:
      status === 'finalizing'
        ? `Wait for its end, or stop it with: tranche pause ${migrationId}`
        : `It is sealed. Where it is really to run again: tranche delete ${migrationId}, then queue it.`,
    details: { from: status, event: 'requeue' },
  })
}

async function replace(context: EngineContext, migrationId: string, queueing: Queueing): Promise<Queued> {
  return inWritingTransaction(
    context,
    async (transaction) => {
      const from = await lockForRemoval(transaction, context, migrationId)
      assertRequeueable(migrationId, from)
      await archiveMigration(transaction, context, { migrationId, reason: 'requeued' })
      const queued = await insertQueued(transaction, context, queueing)
      const { migration } = queued
      await linkSuccessor(transaction, context, { migrationId, successorId: migration.id })
      await recordEvent(transaction, context, {
        kind: 'requeue',
        migrationId,
        details: { from, requeuedAs: migration.id },
      })
      await recordEvent(transaction, context, {
        kind: 'requeued_from',
        migrationId: migration.id,
        details: { migrationId },
      })
      return queued
    },
    { isPlanning: true, searchPath: queueing.searchPath, statementTimeoutMs: REMOVAL_TIMEOUT_MS },
  )
}
