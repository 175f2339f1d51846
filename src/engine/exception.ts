/** How a failure is written to the transition log: a class to group by, and the whole message. */
import { sqlstateOf } from './target/sqlstate.ts'

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

export interface Described {
  readonly exceptionClass: string
  readonly message: string
}

/** Class and full message; of an error of the server also DETAIL, HINT and CONTEXT, which name the row. */
export function describeException(error: unknown): Described {
  const sqlstate = sqlstateOf(error)
  if (!(error instanceof Error)) return { exceptionClass: typeof error, message: String(error) }
  if (sqlstate === null) return { exceptionClass: error.name, message: error.message }
  const parts = error as Error & { readonly detail?: string; readonly hint?: string; readonly where?: string }
  const lines = [
    error.message,
    ...(parts.detail === undefined ? [] : [`DETAIL: ${parts.detail}`]),
    ...(parts.hint === undefined ? [] : [`HINT: ${parts.hint}`]),
    ...(parts.where === undefined ? [] : [`CONTEXT: ${parts.where}`]),
  ]
  return { exceptionClass: `${CONDITIONS[sqlstate] ?? 'sqlstate'} (${sqlstate})`, message: lines.join('\n') }
}
