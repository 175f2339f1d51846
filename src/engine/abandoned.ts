/**
 * No dead "finalizing": without a live runner that finalizes, a migration goes back to the status that it came from. Whoever
 * joins or leaves its lease sees to that; and so do the scheduler's ticks and operators' verbs, since a finalizer that was killed
 * may have been the last who would ever have joined. A finalizer that wakes up afterwards is fenced like a paused one: its
 * sub-batches and its confirmation ask for the status.
 */
import type { MigrationStatus } from '../shared/status.ts'
import { inPatientTransaction } from './contention.ts'
import type { EngineContext } from './context.ts'
import type { Transaction } from './target/transaction.ts'
import { listRunners } from './tracking/list-runners.ts'
import { recordEvent } from './tracking/record-event.ts'
import { lockMigration, restoreFromFinalizing, type StatusChange } from './transitions.ts'
import type { RunnerInfo } from './types.ts'

interface Abandoned {
  readonly migrationId: string
  readonly status: MigrationStatus
  readonly runners: readonly RunnerInfo[]
}

/** Restores and journals; null where nothing was abandoned. The caller holds the migration's lock. */
export async function restoreAbandoned(
  transaction: Transaction,
  context: EngineContext,
  { migrationId, status, runners }: Abandoned,
): Promise<StatusChange | null> {
  const isFinalized = runners.some(({ isLive, isFinalizing }) => isLive && isFinalizing)
  if (status !== 'finalizing' || isFinalized) return null
  const change = await restoreFromFinalizing(transaction, context, migrationId)
  await recordEvent(transaction, context, { kind: 'finalizing_ended', migrationId, details: { ...change } })
  return change
}

/** The same for whoever is no runner. Runners are read behind the migration's lock, so that one who has just joined is seen. */
export async function restoreIfAbandoned(context: EngineContext, migrationId: string): Promise<void> {
  const change = await inPatientTransaction(context, async (transaction) => {
    const status = await lockMigration(transaction, context, migrationId)
    if (status !== 'finalizing') return null
    const runners = await listRunners(transaction, context, migrationId)
    return restoreAbandoned(transaction, context, { migrationId, status, runners })
  })
  if (change !== null) context.emitter.emit('migration:changed', { migrationId, event: 'restore', ...change })
}
