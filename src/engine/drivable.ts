/** Whether a run may drive a migration, and what it answers where there is nothing to drive. */
import { TrancheError } from '../shared/errors.ts'
import { isPastRun, type MigrationStatus } from '../shared/status.ts'
import type { Migration, RunEndReason, RunOutcome } from './types.ts'

/** Throws migration_failed and migration_paused. */
export function assertDrivable({ id, status }: Migration, driven: readonly MigrationStatus[]): void {
  if (driven.includes(status)) return
  if (status === 'failed') {
    throw new TrancheError('migration_failed', `migration ${id} has failed`, {
      remedy: `Look at them with: tranche failures ${id}, then: tranche retry ${id}`,
    })
  }
  throw new TrancheError('migration_paused', `migration ${id} is ${status}`, {
    remedy: `Resume it with: tranche resume ${id}`,
  })
}

/** What a status means to a run that may not drive it. */
export function endOf(status: MigrationStatus): RunEndReason {
  if (isPastRun(status)) return 'finished'
  return status === 'failed' ? 'failed' : 'paused'
}

export function nothingToDo(migration: Migration): RunOutcome {
  const rows = { scanned: 0, changed: 0, unresolved: 0, quarantined: 0, exact: true }
  // Of one job that has succeeded already the migration may go on.
  const done = isPastRun(migration.status)
  return {
    migration,
    done,
    reason: 'nothing_to_do',
    failure: null,
    jobsRun: 0,
    jobsFailed: 0,
    attempts: 0,
    rows,
    seconds: 0,
  }
}
