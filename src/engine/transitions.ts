/**
 * The one door through which statuses change. A migration's edges are the table in shared/status.ts; a job's change is
 * written together with its transition log. Both run in the caller's transaction.
 */
import { TrancheError } from '../shared/errors.ts'
import {
  canTransition,
  JOB_STATUS_CODES,
  type JobStatus,
  MIGRATION_EVENTS,
  MIGRATION_STATUS_CODES,
  type MigrationEvent,
  type MigrationStatus,
  migrationStatusOf,
} from '../shared/status.ts'
import { raw, sql, type Sql } from '../shared/sql.ts'
import type { EngineContext } from './context.ts'
import type { Transaction } from './target/transaction.ts'
import { isId } from './tracking/find-migration.ts'

type Tables = Pick<EngineContext, 'tables'>

export interface StatusChange {
  readonly from: MigrationStatus
  readonly to: MigrationStatus
}

/** Locks the migration and reads its status. Throws unknown_migration. `forUpdate` only for the end decision. */
export async function lockMigration(
  transaction: Transaction,
  { tables }: Tables,
  migrationId: string,
  strength: 'NO KEY UPDATE' | 'UPDATE' | 'SHARE' = 'NO KEY UPDATE',
): Promise<MigrationStatus> {
  if (!isId(migrationId)) throw unknownMigration(migrationId)
  const { rows } = await transaction.query(
    sql`SELECT status FROM ${tables.migrations} WHERE id = ${migrationId} ${raw(`FOR ${strength}`)}`,
  )
  const [row] = rows as { status: number }[]
  if (row === undefined) throw unknownMigration(migrationId)
  return migrationStatusOf(row.status)
}

export function unknownMigration(reference: string): TrancheError {
  return new TrancheError('unknown_migration', `there is no batched migration "${reference}" in this database`, {
    remedy: 'tranche list shows those that are queued.',
  })
}

/** Applies an event. Throws illegal_transition with both names; changes nothing then. */
export async function transitionMigration(
  transaction: Transaction,
  context: Tables,
  { migrationId, event }: { readonly migrationId: string; readonly event: MigrationEvent },
): Promise<StatusChange> {
  const { tables } = context
  const from = await lockMigration(transaction, context, migrationId)
  assertTransition(migrationId, event, from)
  const { to } = MIGRATION_EVENTS[event]
  if (event === 'finalize' && from !== 'finalizing') {
    await transaction.query(
      sql`UPDATE ${tables.details} SET finalizing_from = ${MIGRATION_STATUS_CODES[from]} WHERE migration_id = ${migrationId}`,
    )
  }
  const { rowCount } = await transaction.query(
    sql`UPDATE ${tables.migrations}
           SET status = ${MIGRATION_STATUS_CODES[to]}, updated_at = clock_timestamp()${timestampsOf(event)}
         WHERE id = ${migrationId}${
           event === 'finish'
             ? sql` AND NOT EXISTS (
               SELECT FROM ${tables.jobs} AS j
                WHERE j.batched_background_migration_id = ${migrationId} AND j.status <> ${JOB_STATUS_CODES.succeeded})`
             : sql``
         }`,
  )
  if (rowCount === 0) {
    throw new TrancheError(
      'illegal_transition',
      `migration ${migrationId} cannot finish: it has jobs that did not succeed`,
      { remedy: 'Run it to its end first.', details: { from, to, event } },
    )
  }
  return { from, to }
}

/** Puts a finalizing migration back to the status that it came from: it was paused or its finalize was stopped. */
export async function restoreFromFinalizing(
  transaction: Transaction,
  context: Tables,
  migrationId: string,
): Promise<StatusChange> {
  const { tables } = context
  const from = await lockMigration(transaction, context, migrationId)
  if (from !== 'finalizing') throw illegalTransition(migrationId, 'restore', from)
  const { rows } = await transaction.query(
    sql`UPDATE ${tables.migrations} AS m
           SET status = coalesce(d.finalizing_from, ${MIGRATION_STATUS_CODES.paused}), updated_at = clock_timestamp()
          FROM ${tables.details} AS d
         WHERE m.id = ${migrationId} AND d.migration_id = m.id
        RETURNING m.status`,
  )
  const [row] = rows as { status: number }[]
  if (row === undefined) throw new Error(`migration ${migrationId} has no details row`)
  await transaction.query(sql`UPDATE ${tables.details} SET finalizing_from = NULL WHERE migration_id = ${migrationId}`)
  return { from, to: migrationStatusOf(row.status) }
}

/** Throws illegal_transition with both names. */
export function assertTransition(migrationId: string, event: MigrationEvent, from: MigrationStatus): void {
  if (!canTransition(event, from)) throw illegalTransition(migrationId, event, from)
}

function illegalTransition(
  migrationId: string,
  event: MigrationEvent | 'restore',
  from: MigrationStatus,
): TrancheError {
  const to: string = event === 'restore' ? 'the status before finalizing' : MIGRATION_EVENTS[event].to
  return new TrancheError('illegal_transition', `migration ${migrationId} is ${from}; it cannot become ${to}`, {
    remedy: REMEDIES[from],
    details: { from, to, event },
  })
}

const REMEDIES: Readonly<Record<MigrationStatus, string>> = {
  paused: 'Resume it first.',
  active: 'Let it run to its end, or pause it.',
  finished: 'Nothing is left to run; verify and finalize it.',
  failed: 'Look at its failures, then retry it.',
  finalizing: 'Somebody finalizes it right now; wait, or pause to stop that.',
  finalized: 'It is sealed; nothing more can be done with it.',
}

function timestampsOf(event: MigrationEvent): Sql {
  if (event === 'execute') return raw(', started_at = clock_timestamp(), finished_at = NULL')
  if (event === 'finish') return raw(', finished_at = clock_timestamp()')
  return raw('')
}

export interface JobChange {
  readonly jobId: string
  readonly from: JobStatus
  readonly to: JobStatus
  /** Attempts are counted when a job starts, and given back when its runner vanished or released it. */
  readonly attempts?: number
  readonly exceptionClass?: string
  readonly exceptionMessage?: string
  readonly metrics?: Readonly<Record<string, unknown>>
}

/** The statement that changes a job and writes its log; it answers with one row when the job was in `from`. */
export function jobTransition({ tables }: Tables, change: JobChange): Sql {
  const { jobId, from, to, attempts = 0, exceptionClass, exceptionMessage, metrics } = change
  return sql`WITH changed AS (
      UPDATE ${tables.jobs}
         SET status = ${JOB_STATUS_CODES[to]}, attempts = attempts + ${attempts}, updated_at = clock_timestamp()${jobTimestamps(to)}${
           metrics === undefined ? sql`` : sql`, metrics = ${JSON.stringify(metrics)}`
         }
       WHERE id = ${jobId} AND status = ${JOB_STATUS_CODES[from]}
      RETURNING id, attempts)
    INSERT INTO ${tables.transitionLogs}
      (batched_background_migration_job_id, previous_status, next_status, exception_class, exception_message)
    SELECT id, ${JOB_STATUS_CODES[from]}, ${JOB_STATUS_CODES[to]}, ${exceptionClass?.slice(0, 100) ?? null}, ${exceptionMessage ?? null}
      FROM changed
    RETURNING (SELECT attempts FROM changed) AS attempts`
}

/** Changes a job's status with its log. Throws when the job was not in `from`. Returns its attempts. */
export async function transitionJob(transaction: Transaction, context: Tables, change: JobChange): Promise<number> {
  const { rows } = await transaction.query(jobTransition(context, change))
  const [row] = rows as { attempts: number }[]
  if (row === undefined) throw new Error(`job ${change.jobId} is not ${change.from}; it cannot become ${change.to}`)
  return row.attempts
}

function jobTimestamps(to: JobStatus): Sql {
  switch (to) {
    case 'running':
      return raw(`, started_at = clock_timestamp(), finished_at = NULL, metrics = '{}'`)
    case 'failed':
    case 'succeeded':
      return raw(', finished_at = clock_timestamp()')
    case 'pending':
      return raw('')
  }
}
