/**
 * Transactions on the target. Each begins READ COMMITTED READ WRITE (whatever the role's defaults are) and sets its
 * limits locally, so nothing is bound to the session and a pooler may sit between. COMMIT's tag is checked every time:
 * the COMMIT of an aborted transaction succeeds with the tag ROLLBACK.
 */
import type pg from 'pg'
import { raw, sql, type Sql } from '../../shared/sql.ts'
import { type Answer, fly, lastOf } from './flight.ts'

export interface LocalSettings {
  readonly statementTimeoutMs: number
  readonly lockTimeoutMs?: number
  /** The author's: the role's search_path as it was at queue time. Left alone where undefined. */
  readonly searchPath?: string
  /** Planning transactions alone produce key text, so they alone fix how values are written. */
  readonly isPlanning?: boolean
  readonly isReadOnly?: boolean
  /** How long after the server's own limit an answer is waited for; then the connection counts as lost. */
  readonly answerGraceMs?: number
  /** Whether the server can notice a vanished client in the middle of a statement. */
  readonly hasConnectionCheck: boolean
}

const LOCK_TIMEOUT_MS = 2_000
/** Below the takeover age: a runner frozen inside a transaction must not block a takeover for longer. */
const IDLE_IN_TRANSACTION_TIMEOUT_MS = 10_000
const CONNECTION_CHECK_INTERVAL_MS = 1_000
const ANSWER_GRACE_MS = 15_000

export const COMMIT = raw('COMMIT')
const BEGIN = raw('BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE')
const BEGIN_READ_ONLY = raw('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY')

/** The statements that open a transaction with its local settings; the first part of a flight. */
export function opening(settings: LocalSettings): readonly Sql[] {
  const pairs: [string, string][] = [
    ['lock_timeout', `${String(settings.lockTimeoutMs ?? LOCK_TIMEOUT_MS)}ms`],
    ['idle_in_transaction_session_timeout', `${String(IDLE_IN_TRANSACTION_TIMEOUT_MS)}ms`],
    ...everywhere(settings),
  ]
  if (settings.isPlanning === true) {
    pairs.push(['DateStyle', 'ISO'], ['IntervalStyle', 'postgres'], ['extra_float_digits', '1'])
  }
  return [settings.isReadOnly === true ? BEGIN_READ_ONLY : BEGIN, setAll(pairs, true)]
}

/**
 * The same for what PostgreSQL runs outside transactions only, on a connection that is closed afterwards. Such statements wait for
 * locks that block nobody (VACUUM, CONCURRENTLY), and for long: they have no lock_timeout.
 */
export function forSession(settings: LocalSettings): Sql {
  return setAll(everywhere(settings), false)
}

function everywhere(settings: LocalSettings): [string, string][] {
  const pairs: [string, string][] = [
    ['statement_timeout', `${String(settings.statementTimeoutMs)}ms`],
    // A policy that hides rows raises instead: rows that nobody sees would be neither filled nor missed.
    ['row_security', 'off'],
  ]
  if (settings.hasConnectionCheck) {
    pairs.push(['client_connection_check_interval', `${String(CONNECTION_CHECK_INTERVAL_MS)}ms`])
  }
  if (settings.searchPath !== undefined) pairs.push(['search_path', settings.searchPath])
  return pairs
}

function setAll(pairs: readonly [name: string, value: string][], isLocal: boolean): Sql {
  return sql`SELECT ${sql.join(pairs.map(([name, value]) => sql`set_config(${name}, ${value}, ${isLocal})`))}`
}

/** How long to wait for the answer to a flight of `statements` under these settings. */
export function deadlineOf(settings: LocalSettings, statements = 1): number {
  return settings.statementTimeoutMs * statements + (settings.answerGraceMs ?? ANSWER_GRACE_MS)
}

export interface Transaction {
  /** One statement, one round trip. */
  query(statement: Sql): Promise<Answer>
  /** Several statements in one round trip, one after the other; none behind one that fails. */
  queryAll(statements: readonly Sql[]): Promise<readonly Answer[]>
  /** The transaction's last statement, with its COMMIT in the same round trip. Nothing can be asked behind it. */
  queryLast(statement: Sql): Promise<Answer>
}

/**
 * Runs `body` between BEGIN and COMMIT; rolls back and rethrows what it throws. Throws when COMMIT did not commit. BEGIN and
 * the settings travel with the body's first statement.
 */
export async function transact<T>(
  client: pg.Client,
  settings: LocalSettings,
  body: (transaction: Transaction) => Promise<T>,
): Promise<T> {
  const state: { opened: Promise<readonly Answer[]> | null; isCommitted: boolean } = {
    opened: null,
    isCommitted: false,
  }
  const queryAll = async (statements: readonly Sql[]): Promise<readonly Answer[]> => {
    const deadlineMs = deadlineOf(settings, statements.length)
    if (state.opened === null) {
      const head = opening(settings)
      state.opened = fly(client, [...head, ...statements], deadlineMs)
      return (await state.opened).slice(head.length)
    }
    // Only in the transaction: what is sent behind a BEGIN that fails would run by itself.
    await state.opened
    return fly(client, statements, deadlineMs)
  }
  const queryLast = async (statement: Sql): Promise<Answer> => {
    const [answer, commit] = (await queryAll([statement, COMMIT])) as [Answer, Answer] // as many as were asked
    assertCommitted(commit)
    state.isCommitted = true
    return answer
  }
  let result: T
  try {
    result = await body({ query: async (statement) => lastOf(await queryAll([statement])), queryAll, queryLast })
  } catch (error) {
    await rollBack(client)
    throw error
  }
  if (state.opened !== null && !state.isCommitted) {
    assertCommitted(lastOf(await fly(client, [COMMIT], deadlineOf(settings))))
  }
  return result
}

/** Throws unless the answer is that of a COMMIT that committed. */
export function assertCommitted(answer: Answer): void {
  if (answer.command !== 'COMMIT') throw new Error(`COMMIT answered ${answer.command}: the transaction was rolled back`)
}

/** Leaves the transaction. A connection that cannot even roll back is dropped by the pool, and the server rolls back by itself. */
export async function rollBack(client: pg.Client): Promise<void> {
  try {
    await fly(client, [raw('ROLLBACK')], ANSWER_GRACE_MS)
  } catch {
    // the error that led here is the one to tell
  }
}

/** A single statement outside an explicit transaction; for reads whose limits do not matter. */
export async function query(client: pg.Client, statement: Sql): Promise<Answer> {
  return lastOf(await fly(client, [statement], 60_000))
}
