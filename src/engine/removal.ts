/** Takes a migration out of the tracking tables for good: the way that `delete` and `requeue` share. */
import type { ArchivedValue } from '../shared/archived-value.ts'
import { TrancheError } from '../shared/errors.ts'
import { sql } from '../shared/sql.ts'
import type { MigrationStatus } from '../shared/status.ts'
import { inPatientTransaction } from './contention.ts'
import type { EngineContext } from './context.ts'
import { takeOverDeadRunners } from './takeover.ts'
import type { Transaction } from './target/transaction.ts'
import { archiveMigration } from './tracking/archive-migration.ts'
import { isId } from './tracking/find-migration.ts'
import { listRunners, lockRunners } from './tracking/list-runners.ts'
import { readArchive } from './tracking/read-archive.ts'
import { recordEvent } from './tracking/record-event.ts'
import { lockMigration, unknownMigration } from './transitions.ts'
import type { RunnerInfo } from './types.ts'

/** Thousands of jobs are copied and deleted in one transaction. */
export const REMOVAL_TIMEOUT_MS = 300_000

/**
 * Deletes a migration in any status with its jobs and logs, which are archived first. The migrated data stays as it is.
 * Throws unknown_migration, already_running while a live runner drives it; changes nothing then.
 */
export async function deleteMigration(context: EngineContext, migrationId: string): Promise<ArchivedValue> {
  await inPatientTransaction(
    context,
    async (transaction) => {
      const from = await lockForRemoval(transaction, context, migrationId)
      await archiveMigration(transaction, context, { migrationId, reason: 'deleted' })
      await recordEvent(transaction, context, { kind: 'delete', migrationId, details: { from } })
    },
    { statementTimeoutMs: REMOVAL_TIMEOUT_MS },
  )
  context.emitter.emit('migration:removed', { migrationId, reason: 'deleted', requeuedAs: null })
  return lastArchived(context, migrationId)
}

/**
 * Locks lease and migration so that nobody can begin to drive it. A dead runner that wakes up afterwards finds neither
 * its claim nor the lease. Throws unknown_migration, already_running.
 */
export async function lockForRemoval(
  transaction: Transaction,
  context: EngineContext,
  migrationId: string,
): Promise<MigrationStatus> {
  if (!isId(migrationId)) throw unknownMigration(migrationId)
  // Asked before the locks too: while it is driven they would be waited for, only to be refused then.
  assertNotDriven(migrationId, await listRunners(transaction, context, migrationId))
  await transaction.query(
    sql`SELECT 1 FROM ${context.tables.leases} WHERE migration_id = ${migrationId} FOR NO KEY UPDATE`,
  )
  const runners = await lockRunners(transaction, context, migrationId)
  const status = await lockMigration(transaction, context, migrationId, 'UPDATE')
  assertNotDriven(migrationId, runners)
  // Waits for what their backends still do, so that the archive has all that was committed.
  await takeOverDeadRunners(transaction, context, { migrationId, runners, ownRunner: null })
  return status
}

/** The archive's newest entry of that id. */
export async function lastArchived(context: EngineContext, migrationId: string): Promise<ArchivedValue> {
  const archived = (await readArchive(context, migrationId)).findLast(({ id }) => id === migrationId)
  if (archived === undefined) throw new Error(`migration ${migrationId} is not in the archive`)
  return archived
}

function assertNotDriven(migrationId: string, runners: readonly RunnerInfo[]): void {
  const live = runners.find(({ isLive }) => isLive)
  if (live === undefined) return
  throw new TrancheError(
    'already_running',
    `migration ${migrationId} is driven right now by ${live.operator} on ${live.host} (pid ${String(live.pid)})`,
    {
      remedy: `Stop that run first, on any machine with: tranche pause ${migrationId}`,
      details: { runner: live },
    },
  )
}
