/** A definition's closing statements: each in a transaction of its own, or outside one where PostgreSQL demands it. */
import { TrancheError } from '../shared/errors.ts'
import { compileSql, type Sql } from '../shared/sql.ts'
import { withContentionRetries } from './contention.ts'
import { type EngineContext, localSettings } from './context.ts'
import type { MigrationSubject } from './drive.ts'
import { describeException } from './exception.ts'
import { stopIfAborted } from './stop-if-aborted.ts'
import { fly } from './target/flight.ts'
import { kindOfError } from './target/sqlstate.ts'
import { deadlineOf, forSession, transact } from './target/transaction.ts'
import type { FinalizeOutcome } from './types.ts'

const AFTER_TIMEOUT_MS = 3_600_000
/** Spaces and comments may stand before the first word. */
const LEADING = /^(?:\s|--[^\n]*\n|\/\*[\s\S]*?\*\/)*/
/** PostgreSQL refuses these inside a transaction block. */
const OUTSIDE_TRANSACTION =
  /^(VACUUM\b|CLUSTER\s*;?\s*$|REINDEX\s+(\([^)]*\)\s*)?(SCHEMA|DATABASE|SYSTEM)\b|(CREATE|DROP|REINDEX|ALTER\s+TABLE)\b.*\bCONCURRENTLY\b|ALTER\s+SYSTEM\b)/is

/** Runs them in order. Throws finalize_after_failed, naming the statement that failed, and stopped; those before it stay done. */
export async function runFinalizeAfter(
  context: EngineContext,
  { migration, loaded, searchPath }: MigrationSubject,
  signal: AbortSignal | undefined,
): Promise<FinalizeOutcome['afterStatements']> {
  const done: { statement: string; milliseconds: number }[] = []
  for (const after of loaded.definition.finalizeAfter) {
    stopIfAborted(signal, `finalizing migration ${migration.id}`)
    const startedAt = performance.now()
    const statement = compileSql(after).text.trim()
    try {
      await withContentionRetries(context, () => runOne(context, after, { searchPath, signal }), signal)
    } catch (error) {
      // What an abort cut short is no lost connection; whether the statement was done shows when it is run again.
      stopIfAborted(signal, `finalizing migration ${migration.id}`)
      if (kindOfError(error) === 'connection') throw error
      const { exceptionClass, message } = describeException(error)
      throw new TrancheError(
        'finalize_after_failed',
        `migration ${migration.id} stays finished, not finalized: ${exceptionClass}: ${message}, in: ${statement}`,
        {
          remedy: 'Remove the cause, then finalize again: statements that were done are safe to run twice.',
          details: { statement, done: done.length },
          cause: error,
        },
      )
    }
    const entry = { statement, milliseconds: performance.now() - startedAt }
    done.push(entry)
    context.emitter.emit('finalize:after', { migrationId: migration.id, ...entry })
  }
  return done
}

interface Closing {
  readonly searchPath: string
  readonly signal: AbortSignal | undefined
}

async function runOne(context: EngineContext, statement: Sql, { searchPath, signal }: Closing): Promise<void> {
  const settings = await localSettings(context, { statementTimeoutMs: AFTER_TIMEOUT_MS, searchPath })
  const lending = signal === undefined ? {} : { signal }
  if (!isOutside(statement)) {
    await context.target.withClient(
      (client) => transact(client, settings, (transaction) => transaction.query(statement)),
      lending,
    )
    return
  }
  const { isPooled } = await context.facts()
  await context.target.withClient(
    async (client) => {
      // Outside a transaction nothing is local. A session behind a pooler is somebody else's next, and is left as it is.
      if (!isPooled) await fly(client, [forSession(settings)], deadlineOf(settings))
      await fly(client, [statement], deadlineOf(settings))
    },
    { ...lending, isClosedAfter: true },
  )
}

function isOutside(statement: Sql): boolean {
  return OUTSIDE_TRANSACTION.test(compileSql(statement).text.replace(LEADING, ''))
}
