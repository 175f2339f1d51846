/**
 * Verify: the built-in checks, the author's on top, the exceptions counted beside them. Each query is a short read of its
 * own. The result is kept, with the definition's hash and the table's write counters, so that its age can be judged.
 */
import type { ExpectationContext } from '../catalogue/definition.ts'
import { sql } from '../shared/sql.ts'
import { runCheck, SAMPLED_KEYS } from './checks.ts'
import { type EngineContext, inTransaction, inWritingTransaction, onlyRow } from './context.ts'
import { countException } from './count-exceptions.ts'
import { checkCoverage, checkJobsSucceeded, COVERAGE, JOBS_SUCCEEDED } from './coverage.ts'
import { loadSubject, type MigrationSubject } from './drive.ts'
import { countNewAfterQueueing } from './new-after-queueing.ts'
import { maximumOf, minimumOf } from './planner.ts'
import { rowsWithoutKey } from './rows-without-key.ts'
import { stopIfAborted } from './stop-if-aborted.ts'
import { readWriteCounters, type WriteCounters } from './target/write-counters.ts'
import { recordEvent } from './tracking/record-event.ts'
import { iso } from './tracking/tables.ts'
import type { CheckResult, ExceptionCount, Key, Verification } from './types.ts'

/** That every job succeeded, and that the jobs cover the range. */
const BUILT_IN = 2

export interface VerifyOptions {
  readonly signal?: AbortSignal
  /** Name of an author's check → why its failing does not spoil the proof. The built-in ones cannot be waived. */
  readonly waive?: Readonly<Record<string, string>>
}

/** Runs every check and keeps the result. Throws check_failed where an exception cannot be counted, and stopped. */
export async function verifyMigration(
  context: EngineContext,
  migrationId: string,
  options: VerifyOptions = {},
): Promise<Verification> {
  try {
    return await verify(context, migrationId, options)
  } catch (error) {
    // What an abort cut short is no lost connection.
    stopIfAborted(options.signal, `verifying migration ${migrationId}`)
    throw error
  }
}

async function verify(
  context: EngineContext,
  migrationId: string,
  { signal, waive = {} }: VerifyOptions,
): Promise<Verification> {
  const subject = await loadSubject(context, migrationId)
  const { definition, hash } = subject.loaded
  // Read first: what is written while the checks run makes the proof stale.
  const writeCounters = await inTransaction(context, (transaction) =>
    readWriteCounters(transaction, subject.scoped.table.oid),
  )
  const began = (kind: 'exception' | 'check', name: string): void => {
    context.emitter.emit('check:began', { migrationId, kind, name, checks: BUILT_IN + definition.verify.length })
  }
  const exceptions: ExceptionCount[] = []
  for (const exception of [...rowsWithoutKey(subject), ...definition.exceptions]) {
    began('exception', exception.name)
    exceptions.push(await countException(context, subject, exception, signal))
  }
  const heard = (result: CheckResult): CheckResult => {
    context.emitter.emit('check:finished', { migrationId, ...result })
    return result
  }
  began('check', JOBS_SUCCEEDED)
  const succeeded = heard(await checkJobsSucceeded(context, subject))
  began('check', COVERAGE)
  const builtIn = [succeeded, heard(await checkCoverage(context, subject))]
  const own: CheckResult[] = []
  for await (const result of runOwnChecks(context, subject, { exceptions, signal, began })) {
    own.push(heard({ ...result, waivedBecause: result.holds ? null : reasonOf(waive, result.name) }))
  }
  const checks = [...builtIn, ...own]
  const holds = checks.every((check) => check.holds || check.waivedBecause !== null)
  const proven = !holds ? 'nothing' : own.length === 0 ? 'coverage-only' : 'checks'
  const newAfterQueueing = await countNewAfterQueueing(context, subject, signal)
  stopIfAborted(signal, `verifying migration ${migrationId}`)
  const result = { migrationId, holds, proven, checks, exceptions, newAfterQueueing, definitionHash: hash } as const
  const verifiedAt = await keep(context, result, writeCounters)
  context.emitter.emit('verification:finished', { migrationId, holds, proven })
  return { ...result, verifiedAt }
}

function reasonOf(waive: Readonly<Record<string, string>>, name: string): string | null {
  return Object.hasOwn(waive, name) ? (waive[name] ?? null) : null
}

async function* runOwnChecks(
  context: EngineContext,
  subject: MigrationSubject,
  {
    exceptions,
    signal,
    began,
  }: {
    readonly exceptions: readonly ExceptionCount[]
    readonly signal: AbortSignal | undefined
    readonly began: (kind: 'check', name: string) => void
  },
): AsyncGenerator<CheckResult> {
  const { searchPath, scoped, loaded } = subject
  if (loaded.definition.verify.length === 0) return
  const expectation = await expectationOf(context, subject, exceptions)
  const sample = { table: scoped.table, keys: await sampleKeys(context, subject, signal) }
  for (const check of loaded.definition.verify) {
    began('check', check.name)
    yield await runCheck(context, check, { searchPath, expectation, sample, signal })
  }
}

async function expectationOf(
  context: EngineContext,
  subject: MigrationSubject,
  exceptions: readonly ExceptionCount[],
): Promise<ExpectationContext> {
  const { rows } = await inTransaction(context, (transaction) =>
    transaction.query(
      sql`SELECT count(*)::int AS count FROM ${context.tables.quarantine} WHERE migration_id = ${subject.migration.id}`,
    ),
  )
  return {
    exceptions: Object.fromEntries(exceptions.map(({ name, count }) => [name, count])),
    quarantined: onlyRow<{ count: number }>(rows, 'a count returned no row').count,
    args: subject.args,
  }
}

async function sampleKeys(
  context: EngineContext,
  { loaded, migration, scoped, strategy, searchPath }: MigrationSubject,
  signal: AbortSignal | undefined,
): Promise<readonly Key[]> {
  if (!loaded.definition.verify.some(({ kind }) => kind === 'rows')) return []
  const range = { from: minimumOf(migration), until: maximumOf(migration) }
  return inTransaction(context, (transaction) => strategy.spread(transaction, scoped, range, SAMPLED_KEYS), {
    isPlanning: true,
    searchPath,
    statementTimeoutMs: context.limits.checkTimeoutMs,
    signal,
  })
}

async function keep(
  context: EngineContext,
  result: Omit<Verification, 'verifiedAt'>,
  writeCounters: WriteCounters | null,
): Promise<string> {
  const { tables, identity } = context
  return inWritingTransaction(context, async (transaction) => {
    const { rows } = await transaction.query(
      sql`INSERT INTO ${tables.verifications} (migration_id, operator, definition_hash, holds, write_counters, result)
          VALUES (${result.migrationId}, ${identity.operator}, ${result.definitionHash}, ${result.holds},
                  ${writeCounters === null ? null : JSON.stringify(writeCounters)}, ${JSON.stringify(result)})
          RETURNING ${iso('verified_at')} AS verified_at`,
    )
    const failed = result.checks.filter(({ holds }) => !holds).map(({ name }) => name)
    const waived = result.checks
      .filter(({ waivedBecause }) => waivedBecause !== null)
      .map(({ name, waivedBecause }) => ({ name, waivedBecause }))
    await recordEvent(transaction, context, {
      kind: 'verify',
      migrationId: result.migrationId,
      details: { holds: result.holds, proven: result.proven, failed, waived },
    })
    return onlyRow<{ verified_at: string }>(rows, 'keeping a verification returned no row').verified_at
  })
}
