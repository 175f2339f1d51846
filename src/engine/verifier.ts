/**
 * Verify: the built-in checks, the author's on top, the exceptions counted beside them. Each query is a short read of its
 * own. The result is kept, with the definition's hash and the table's write counters, so that its age can be judged.
 */
import type { ExpectationContext } from '../catalogue/definition.ts'
import { sql } from '../shared/sql.ts'
import { runCheck, SHOWN_ROWS, singleValue } from './checks.ts'
import { type EngineContext, inTransaction, inWritingTransaction, onlyRow } from './context.ts'
import { checkCoverage, checkJobsSucceeded, countNewAfterQueueing } from './coverage.ts'
import { loadSubject, type MigrationSubject } from './drive.ts'
import { maximumOf, minimumOf } from './planner.ts'
import { recordEvent } from './tracking/record-event.ts'
import { iso } from './tracking/tables.ts'
import type { CheckResult, ExceptionCount, Key, Verification } from './types.ts'

const SAMPLED_KEYS = 200

/** Runs every check and keeps the result. `waive`: check name → reason; a waived check that fails does not spoil the proof. */
export async function verifyMigration(
  context: EngineContext,
  migrationId: string,
  { signal, waive = {} }: { readonly signal?: AbortSignal; readonly waive?: Readonly<Record<string, string>> } = {},
): Promise<Verification> {
  const subject = await loadSubject(context, migrationId)
  const writeCounters = await readWriteCounters(context, subject.scoped.table.oid)
  const exceptions = await countExceptions(context, subject, signal)
  const checks: CheckResult[] = []
  const add = (result: CheckResult): void => {
    const waived = { ...result, waivedBecause: result.holds ? null : (waive[result.name] ?? null) }
    checks.push(waived)
    context.emitter.emit('check:finished', { migrationId, ...waived })
  }
  add(await checkJobsSucceeded(context, subject))
  add(await checkCoverage(context, subject))
  const expectation = await expectationOf(context, subject, exceptions)
  const keys = await sampleKeys(context, subject)
  for (const check of subject.loaded.definition.verify) {
    signal?.throwIfAborted()
    add(
      await runCheck(context, check, {
        searchPath: subject.searchPath,
        expectation,
        sample: { table: subject.scoped.table, keys },
      }),
    )
  }
  const isCovered = checks.slice(0, 2).every(({ holds }) => holds)
  const holds = checks.every(({ holds: each, waivedBecause }) => each || waivedBecause !== null)
  const proven =
    !holds || !isCovered ? 'nothing' : subject.loaded.definition.verify.length === 0 ? 'coverage-only' : 'checks'
  const result = {
    migrationId,
    holds,
    proven,
    checks,
    exceptions,
    newAfterQueueing: await countNewAfterQueueing(context, subject),
    definitionHash: subject.loaded.hash,
  } as const
  const verifiedAt = await keep(context, result, writeCounters)
  context.emitter.emit('verification:finished', { migrationId, holds, proven })
  return { ...result, verifiedAt }
}

/** The table's write counters, or null where statistics are off; a proof is stale once they moved. */
export async function readWriteCounters(
  context: EngineContext,
  tableOid: string,
): Promise<Record<string, string> | null> {
  const { rows } = await inTransaction(context, (transaction) =>
    transaction.query(
      sql`SELECT n_tup_ins::text AS inserted, n_tup_upd::text AS updated, n_tup_del::text AS deleted
            FROM pg_stat_all_tables WHERE relid = ${tableOid}::oid`,
    ),
  )
  return (rows[0] as Record<string, string> | undefined) ?? null
}

async function countExceptions(
  context: EngineContext,
  subject: MigrationSubject,
  signal: AbortSignal | undefined,
): Promise<readonly ExceptionCount[]> {
  const counts: ExceptionCount[] = []
  for (const { name, why, count, rows } of subject.loaded.definition.exceptions) {
    signal?.throwIfAborted()
    const counted = await inTransaction(
      context,
      async (transaction) => ({
        count: safeInteger(name, await singleValue(transaction, count)),
        rows:
          rows === undefined
            ? []
            : (await transaction.query(sql`SELECT * FROM (${rows}) AS listed LIMIT ${SHOWN_ROWS}`)).rows,
      }),
      { isReadOnly: true, searchPath: subject.searchPath, statementTimeoutMs: context.limits.checkTimeoutMs },
    )
    counts.push({ name, why, ...counted })
  }
  return counts
}

function safeInteger(name: string, text: string | null): number {
  const value = Number(text)
  if (text !== null && Number.isSafeInteger(value) && value >= 0) return value
  throw new Error(`the count of exception "${name}" is ${String(text)}; expected a whole number below 2^53`)
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
  { loaded, migration, scoped, strategy }: MigrationSubject,
): Promise<readonly Key[]> {
  if (!loaded.definition.verify.some(({ kind }) => kind === 'rows')) return []
  const range = { from: minimumOf(migration), until: maximumOf(migration) }
  return inTransaction(context, (transaction) => strategy.spread(transaction, scoped, range, SAMPLED_KEYS), {
    isPlanning: true,
    statementTimeoutMs: context.limits.checkTimeoutMs,
  })
}

async function keep(
  context: EngineContext,
  result: Omit<Verification, 'verifiedAt'>,
  writeCounters: unknown,
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
