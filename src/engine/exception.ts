/** How a failure is written to the transition log: a class to group by, and the whole message. */
import { sqlstateOf } from './target/sqlstate.ts'
import { storable } from './tracking/storable.ts'

/** The conditions that people meet, by PostgreSQL's own names; others are named by their SQLSTATE. */
const CONDITIONS: Readonly<Record<string, string>> = {
  '22001': 'string_data_right_truncation',
  '22003': 'numeric_value_out_of_range',
  '22007': 'invalid_datetime_format',
  '22012': 'division_by_zero',
  '22023': 'invalid_parameter_value',
  '22P02': 'invalid_text_representation',
  '23502': 'not_null_violation',
  '23503': 'foreign_key_violation',
  '23505': 'unique_violation',
  '23514': 'check_violation',
  '23P01': 'exclusion_violation',
  '40001': 'serialization_failure',
  '40P01': 'deadlock_detected',
  '42501': 'insufficient_privilege',
  '42601': 'syntax_error',
  '42703': 'undefined_column',
  '42P01': 'undefined_table',
  '53100': 'disk_full',
  '55P03': 'lock_not_available',
  '57014': 'query_canceled',
  P0001: 'raise_exception',
}

/** A chain of causes may lead back to itself. */
const DEEPEST_CAUSE = 5

export interface Described {
  readonly exceptionClass: string
  readonly message: string
}

/** Class and full message; of an error of the server also DETAIL, HINT and CONTEXT, which name the row; of others the cause. */
export function describeException(error: unknown): Described {
  return describe(error, DEEPEST_CAUSE)
}

function describe(error: unknown, depth: number): Described {
  if (!(error instanceof Error)) return { exceptionClass: typeof error, message: storable(String(error)) }
  const sqlstate = sqlstateOf(error)
  const exceptionClass = sqlstate === null ? classOf(error) : `${CONDITIONS[sqlstate] ?? 'sqlstate'} (${sqlstate})`
  const lines = [error.message, ...(sqlstate === null ? causesOf(error, depth) : partsOf(error))]
  return { exceptionClass, message: storable(lines.join('\n')) }
}

function partsOf(error: Error): readonly string[] {
  const { detail, hint, where } = error as Error & { detail?: string; hint?: string; where?: string }
  return [
    ...(detail === undefined ? [] : [`DETAIL: ${detail}`]),
    ...(hint === undefined ? [] : [`HINT: ${hint}`]),
    ...(where === undefined ? [] : [`CONTEXT: ${where}`]),
  ]
}

/** Few authors set `name` on their own errors; the class is what tells them apart. */
function classOf(error: Error): string {
  return error.name === 'Error' && error.constructor.name !== '' ? error.constructor.name : error.name
}

/** "fetch failed" says nothing without them. */
function causesOf(error: Error, depth: number): readonly string[] {
  if (depth === 0) return []
  const causes: readonly unknown[] =
    error instanceof AggregateError ? error.errors : error.cause === undefined ? [] : [error.cause]
  return causes.flatMap((cause) => {
    const { exceptionClass, message } = describe(cause, depth - 1)
    // A message that already ends with its cause's is not told twice.
    return error.message.includes(message) ? [] : [`CAUSE: ${exceptionClass}: ${message}`]
  })
}
