/**
 * Finalize: complete the remainder inline, run all checks, then the definition's closing statements, then status 6. It can
 * be repeated after an error at any point; stopped in the middle, the migration goes back to the status it came from.
 */
import { TrancheError } from '../shared/errors.ts'
import { describeFailure } from '../shared/migration-failure.ts'
import { sql } from '../shared/sql.ts'
import { canTransition, JOB_STATUS_CODES } from '../shared/status.ts'
import { inPatientTransaction } from './contention.ts'
import { type EngineContext, inTransaction } from './context.ts'
import { assertNoDrift, loadSubject, type MigrationSubject } from './drive.ts'
import { assertNotTooEarly, EARLY_FINALIZATION } from './early-finalization.ts'
import { runFinalizeAfter } from './finalize-after.ts'
import { runMigration } from './runner.ts'
import { stopIfAborted } from './stop-if-aborted.ts'
import { MAX_ATTEMPTS } from './takeover.ts'
import type { Transaction } from './target/transaction.ts'
import { findMigration } from './tracking/find-migration.ts'
import { recordEvent } from './tracking/record-event.ts'
import { type StatusChange, transitionMigration, unknownMigration } from './transitions.ts'
import type { FinalizeOptions, FinalizeOutcome, Migration, RunOutcome, Verification } from './types.ts'
import { verifyMigration } from './verifier.ts'

/**
 * Throws unfinished (noRun), check_failed (the migration stays finished), migration_failed, stopped, definition_drift,
 * table_busy, finalized_early, invalid_arguments (a waiver that names no check, or gives no reason). From finalized it answers
 * alreadyFinalized, also where the definition or the table is long gone.
 */
export async function finalizeMigration(
  context: EngineContext,
  migrationId: string,
  options: FinalizeOptions = {},
): Promise<FinalizeOutcome> {
  const current = await get(context, migrationId)
  if (current.status === 'finalized') {
    return { alreadyFinalized: true, migration: current, run: null, verification: null, afterStatements: [] }
  }
  const subject = await loadSubject(context, migrationId)
  const { migration } = subject
  const { signal, waive = {}, noRun = false, force = false } = options
  assertNoDrift(subject)
  assertWaivable(subject, waive)
  const isWaived = Object.hasOwn(waive, EARLY_FINALIZATION)
  assertNotTooEarly(subject.loaded, context.definitions, { migrationId, isWaived })
  if (noRun) assertFinished(migration)
  await journal(context, migrationId, { from: migration.status, waive, noRun, force })
  const run = migration.status === 'finished' ? null : await completeRemainder(context, migration, { signal, force })
  const verification = await verifyMigration(context, migrationId, {
    waive,
    ...(signal === undefined ? {} : { signal }),
  })
  assertHolds(verification)
  const afterStatements = await runFinalizeAfter(context, subject, signal)
  stopIfAborted(signal, `finalizing migration ${migrationId}`)
  await confirm(context, migrationId)
  return { alreadyFinalized: false, migration: await get(context, migrationId), run, verification, afterStatements }
}

function assertWaivable({ loaded }: MigrationSubject, waive: Readonly<Record<string, string>>): void {
  const names = [...loaded.definition.verify.map(({ name }) => name), EARLY_FINALIZATION]
  for (const [name, reason] of Object.entries(waive)) {
    if (!names.includes(name)) {
      const known = names.map((each) => `"${each}"`).join(', ')
      throw new TrancheError('invalid_arguments', `there is no check "${name}" that could be waived`, {
        remedy: `What can be waived: ${known}; the built-in checks cannot.`,
      })
    }
    if (reason.trim() !== '') continue
    throw new TrancheError('invalid_arguments', `the waiver of check "${name}" gives no reason`, {
      remedy: 'Say why it does not matter here: it is kept with the verification.',
    })
  }
}

function assertFinished({ id, status }: Migration): void {
  if (status === 'finished') return
  throw new TrancheError('unfinished', `migration ${id} is ${status}, not finished`, {
    // Running a failed one is refused: its jobs have to get their attempts back first.
    remedy:
      status === 'failed'
        ? `See why with: tranche failures ${id}; once the cause is mended: tranche retry ${id}, then: tranche run ${id}`
        : `Run it to its end with: tranche run ${id}, or finalize without --no-run.`,
    details: { status },
  })
}

function assertHolds({ migrationId, holds, checks, ...rest }: Verification): void {
  if (holds) return
  const failed = checks
    .filter((check) => !check.holds && check.waivedBecause === null)
    .map(({ name, expected, found }) => `"${name}" expected ${expected}, found ${found}`)
  throw new TrancheError(
    'check_failed',
    `migration ${migrationId} stays finished, not finalized: ${failed.join('; ')}`,
    {
      remedy: `Look at what it found with: tranche verify ${migrationId}. A check that fails for a known reason can be waived with --waive CHECK --reason TEXT.`,
      details: { verification: { migrationId, holds, checks, ...rest } },
    },
  )
}

async function completeRemainder(
  context: EngineContext,
  { id }: Migration,
  { signal, force }: { readonly signal: AbortSignal | undefined; readonly force: boolean },
): Promise<RunOutcome> {
  const run = await runMigration(context, id, {
    drivenStatuses: ['finalizing'],
    force,
    begin: (transaction) => startFinalizing(transaction, context, id),
    ...(signal === undefined ? {} : { signal }),
  })
  if (run.reason === 'finished' || run.reason === 'nothing_to_do') return run
  throw run.reason === 'failed' && (await isStillOurs(context, id)) ? failed(id, run.failure) : stopped(id, run)
}

/** A pause put it back to the status that it came from, which may be failed: no job failed then. */
async function isStillOurs(context: EngineContext, migrationId: string): Promise<boolean> {
  const { rows } = await inTransaction(context, (transaction) =>
    transaction.query(sql`SELECT finalizing_from FROM ${context.tables.details} WHERE migration_id = ${migrationId}`),
  )
  return rows.some(({ finalizing_from }) => finalizing_from !== null)
}

/**
 * In the transaction that joins the lease: a finalize that is refused because the table is busy changes nothing. Jobs that had
 * used their attempts get them back, and the share of failed jobs counts from now on where it had failed, since finalizing is a
 * deliberate new try. Leaving the lease puts the former status back.
 */
async function startFinalizing(
  transaction: Transaction,
  context: EngineContext,
  migrationId: string,
): Promise<StatusChange> {
  const { tables } = context
  const change = await transitionMigration(transaction, context, { migrationId, event: 'finalize' })
  if (change.from === 'failed') {
    await transaction.query(
      sql`UPDATE ${tables.migrations} SET started_at = clock_timestamp() WHERE id = ${migrationId}`,
    )
  }
  await transaction.query(
    sql`UPDATE ${tables.jobs} SET attempts = 0, updated_at = clock_timestamp()
         WHERE batched_background_migration_id = ${migrationId} AND status = ${JOB_STATUS_CODES.failed} AND attempts >= ${MAX_ATTEMPTS}`,
  )
  return change
}

async function confirm(context: EngineContext, migrationId: string): Promise<void> {
  const change = await inPatientTransaction(context, async (transaction) => {
    const migration = await findMigration(transaction, context.tables, migrationId)
    if (migration === null) throw unknownMigration(migrationId)
    // Somebody else may have confirmed it while our checks ran.
    if (!canTransition('confirmFinalize', migration.status)) throw stoppedAs(migrationId, migration.status)
    const changed = await transitionMigration(transaction, context, { migrationId, event: 'confirmFinalize' })
    await recordEvent(transaction, context, { kind: 'finalized', migrationId, details: { from: changed.from } })
    return changed
  })
  context.emitter.emit('migration:changed', { migrationId, event: 'confirmFinalize', ...change })
}

async function journal(context: EngineContext, migrationId: string, details: Record<string, unknown>): Promise<void> {
  await inPatientTransaction(context, (transaction) =>
    recordEvent(transaction, context, { kind: 'finalize', migrationId, details }),
  )
}

async function get(context: EngineContext, migrationId: string): Promise<Migration> {
  const found = await inTransaction(context, (transaction) => findMigration(transaction, context.tables, migrationId))
  if (found === null) throw unknownMigration(migrationId)
  return found
}

function failed(id: string, failure: RunOutcome['failure']): TrancheError {
  return new TrancheError('migration_failed', `migration ${id} failed while finalizing: ${describeFailure(failure)}`, {
    remedy: `Look at them with: tranche failures ${id}, then: tranche retry ${id}`,
    details: { failure },
  })
}

function stopped(id: string, { reason: ended, jobsRun }: RunOutcome): TrancheError {
  const reason = ended === 'failed' ? 'paused' : ended
  return new TrancheError(
    'stopped',
    `finalizing migration ${id} was stopped before its end (${reason.replaceAll('_', ' ')})`,
    {
      remedy: 'What was committed stays. Finalize again to go on.',
      details: { reason, jobsRun },
    },
  )
}

function stoppedAs(id: string, status: string): TrancheError {
  return new TrancheError('stopped', `migration ${id} became ${status} while it was being finalized`, {
    remedy: `Look who did that with: tranche events ${id}`,
  })
}
