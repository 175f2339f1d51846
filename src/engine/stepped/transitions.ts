/** The one door through which the status of a stepped migration's record changes, with its line of the log. */
import { TrancheError } from '../../shared/errors.ts'
import { raw, sql, type Sql } from '../../shared/sql.ts'
import { canStep, STEPPED_EVENTS, STEPPED_STATUS_CODES, type SteppedEvent } from '../../shared/stepped-status.ts'
import type { EngineContext } from '../context.ts'
import type { Transaction } from '../target/transaction.ts'
import { recordLine } from './journal.ts'
import { MAX_TRIES, type RecordMetadata, type SteppedRecord } from './records.ts'

export interface Change {
  readonly event: SteppedEvent
  readonly message: string
  readonly runId?: string | null
  readonly level?: 'info' | 'warn' | 'error'
  readonly errorMessage?: string | null
  /** Replaces these keys of the metadata; null removes one. */
  readonly metadata?: { readonly [Key in keyof RecordMetadata]?: RecordMetadata[Key] | null }
  readonly details?: Readonly<Record<string, unknown>>
}

/**
 * Applies an event to a record that the caller has locked, through its lease or by itself. Throws illegal_transition with
 * both names; changes nothing then.
 */
export async function changeRecord(
  transaction: Transaction,
  context: Pick<EngineContext, 'tables' | 'identity'>,
  record: SteppedRecord,
  { event, message, runId, level, errorMessage, metadata = {}, details }: Change,
): Promise<void> {
  const { to } = STEPPED_EVENTS[event]
  if (!canStep(event, record.status)) {
    throw new TrancheError('illegal_transition', `stepped migration ${record.version} is ${record.status}`, {
      remedy: `Only one that is ${STEPPED_EVENTS[event].from.join(' or ')} can become ${to} in this way.`,
      details: { from: record.status, to, event },
    })
  }
  const entries = Object.entries(metadata)
  const removed = ['waits_for', ...entries.flatMap(([key, value]) => (value === null ? [key] : []))]
  const replaced = Object.fromEntries(entries.filter(([, value]) => value !== null))
  await transaction.query(
    sql`UPDATE ${context.tables.stepped.migrations}
           SET status = ${STEPPED_STATUS_CODES[to]}, updated_at = clock_timestamp(),
               metadata = (metadata - ${removed}::text[]) || ${JSON.stringify(replaced)}::jsonb${alsoSet(event)}
               ${errorMessage === undefined ? sql`` : sql`, error_message = ${errorMessage}`}
         WHERE id = ${record.id}`,
  )
  await recordLine(transaction, context, {
    ...{ message, connectionId: record.connectionId, version: record.version },
    ...(runId === undefined ? {} : { runId }),
    ...(level === undefined ? {} : { level }),
    ...(details === undefined ? {} : { details }),
    change: { from: record.status, to },
  })
}

const FULL_TRIES = raw(`, retries_left = ${String(MAX_TRIES)}`)

function alsoSet(event: SteppedEvent): Sql {
  switch (event) {
    case 'start':
      return raw(', started_at = coalesce(started_at, clock_timestamp())')
    case 'complete':
      return raw(', completed_at = clock_timestamp(), error_message = NULL')
    case 'fail':
      return raw(', retries_left = 0')
    case 'reset':
      return sql`${FULL_TRIES}, started_at = NULL, completed_at = NULL, error_message = NULL`
    case 'skip':
    case 'unskip':
    case 'retry':
      return FULL_TRIES
  }
}
