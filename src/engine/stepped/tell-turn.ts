/** What a turn writes of how it went: to the record, and to the log. */
import { type ErrorCode, TrancheError } from '../../shared/errors.ts'
import { sql } from '../../shared/sql.ts'
import type { SteppedConnectionValue, SteppedReason, SteppedRunValue } from '../../shared/stepped-view.ts'
import { type EngineContext, inWritingTransaction } from '../context.ts'
import { describeException } from '../exception.ts'
import type { SteppedSource } from '../ports.ts'
import { recordLine } from './journal.ts'
import type { HeldLease } from './lease.ts'
import type { SteppedRecord } from './records.ts'
import { changeRecord } from './transitions.ts'

export interface Turn {
  readonly connection: SteppedConnectionValue
  readonly lease: HeldLease
  readonly source: SteppedSource
  readonly signal: AbortSignal
}

/** What no further try can mend, and what says nothing of the migration: it costs no try. */
const SET_UP: ReadonlySet<ErrorCode> = new Set([
  ...(['adapter_missing', 'database_missing', 'invalid_target', 'not_installed', 'target_refused_login'] as const),
])

export function isSetUpWrong(error: unknown): error is TrancheError {
  return error instanceof TrancheError && SET_UP.has(error.code)
}

/** What is left of it others have to do: a run again in 30 s. */
export async function recordPartial(
  context: EngineContext,
  turn: Turn,
  { record, title }: { readonly record: SteppedRecord; readonly title: string },
  waitsFor: string,
): Promise<SteppedRunValue> {
  const { version } = record
  await recordWaiting(context, turn, record, { waitsFor })
  return told(context, turn, {
    reason: 'partial',
    version,
    message: `migration ${title} is partially completed: ${waitsFor}`,
  })
}

/** No try is taken from it; the record says what it waits for. */
export async function recordSetUp(
  context: EngineContext,
  turn: Turn,
  { record, title }: { readonly record: SteppedRecord; readonly title: string },
  { code, message: why, remedy }: TrancheError,
): Promise<SteppedRunValue> {
  const waitsFor = `its adapter to be set up: ${why}${remedy === null ? '' : `. ${remedy}`}`
  await recordWaiting(context, turn, record, { waitsFor, errorMessage: `${code}: ${why}` })
  const message = `migration ${title} waits for ${waitsFor}`
  return told(context, turn, { reason: 'not_configured', version: record.version, message }, 'error')
}

async function recordWaiting(
  context: EngineContext,
  { lease }: Turn,
  { id }: SteppedRecord,
  { waitsFor, errorMessage = null }: { readonly waitsFor: string; readonly errorMessage?: string | null },
): Promise<void> {
  await lease.write((transaction) =>
    transaction.query(
      sql`UPDATE ${context.tables.stepped.migrations}
             SET metadata = metadata || ${JSON.stringify({ waits_for: waitsFor })}::jsonb,
                 error_message = coalesce(${errorMessage}, error_message)
           WHERE id = ${id}`,
    ),
  )
}

/** The error's text is kept on every try. The third fails the migration; before that it stays in progress. */
export async function recordFailure(
  context: EngineContext,
  turn: Turn,
  { record, title }: { readonly record: SteppedRecord; readonly title: string },
  error: unknown,
): Promise<SteppedRunValue> {
  const { exceptionClass, message } = describeException(error)
  const errorMessage = `${classOf(error, exceptionClass)}: ${message}`
  const left = record.retriesLeft - 1
  const triesLeft = `${left === 1 ? '1 try' : `${String(left)} tries`} left`
  const { version } = record
  await turn.lease.write(async (transaction) => {
    // The adapter was away already when its definition was asked whether there is anything to do.
    if (record.status === 'pending') {
      const line = { connectionId: turn.connection.id, runId: turn.lease.runnerId, version }
      await recordLine(transaction, context, { ...line, message: `starting migration ${title}` })
    }
    if (left > 0) {
      const { migrations } = context.tables.stepped
      await transaction.query(sql`UPDATE ${migrations} SET retries_left = ${left} WHERE id = ${record.id}`)
    }
    await changeRecord(transaction, context, record, {
      event: left > 0 ? 'start' : 'fail',
      ...{
        message: `migration ${version} failed${left > 0 ? `, ${triesLeft}` : ' for good'}: ${errorMessage}`,
        level: 'error',
        runId: turn.lease.runnerId,
        errorMessage,
      },
      details: { retriesLeft: left },
    })
  })
  return left > 0
    ? { reason: 'tried', version, message: `${errorMessage} (${triesLeft})` }
    : { reason: 'failed', version, message: errorMessage }
}

/** The code of an error of ours says more than its class. */
function classOf(error: unknown, exceptionClass: string): string {
  return error instanceof TrancheError ? error.code : exceptionClass
}

export async function told(
  context: EngineContext,
  { connection, lease }: Turn,
  value: SteppedRunValue,
  level: 'info' | 'warn' | 'error' = 'info',
): Promise<SteppedRunValue> {
  const { message, version } = value
  await lease.write((transaction) =>
    recordLine(transaction, context, { message, version, level, connectionId: connection.id, runId: lease.runnerId }),
  )
  return value
}

/** Preflight: nothing was looked at, and nothing is an error. */
export async function refuse(
  context: EngineContext,
  reason: SteppedReason,
  message: string,
  connectionId: string | null = null,
): Promise<SteppedRunValue> {
  const runId = context.random.uuid()
  await inWritingTransaction(context, (transaction) =>
    recordLine(transaction, context, { message, connectionId, runId, level: 'warn' }),
  )
  return { reason, version: null, message }
}
