/**
 * Every error that a person may read, by its stable code. Inside a process it is thrown as a `TrancheError`;
 * across a boundary it travels as an `AppError`. The exit code of the command line belongs to the code.
 */

export const EXIT = {
  done: 0,
  unexpected: 1,
  usage: 2,
  failed: 3,
  unreachable: 4,
  refused: 5,
  stopped: 6,
} as const

export const ERROR_EXIT_CODES = {
  // wrong usage or bad input
  usage: EXIT.usage,
  invalid_target: EXIT.usage,
  invalid_arguments: EXIT.usage,
  invalid_setting: EXIT.usage,
  invalid_path: EXIT.usage,
  unknown_connection: EXIT.usage,
  unknown_database: EXIT.usage,
  unknown_class: EXIT.usage,
  unknown_migration: EXIT.usage,
  unknown_job: EXIT.usage,
  ambiguous_migration: EXIT.usage,
  catalogue_missing: EXIT.usage,
  definition_invalid: EXIT.usage,
  definition_import: EXIT.usage,
  table_missing: EXIT.usage,
  column_missing: EXIT.usage,
  column_unsupported: EXIT.usage,
  column_not_unique: EXIT.usage,
  column_not_indexed: EXIT.usage,
  strategy_unavailable: EXIT.usage,
  row_transform_unavailable: EXIT.usage,
  unknown_version: EXIT.usage,
  vector_unavailable: EXIT.usage,
  not_installed: EXIT.usage,
  row_transform_stalled: EXIT.failed,
  row_transform_lost: EXIT.failed,
  error_budget_exceeded: EXIT.failed,
  // the contract between a page and the console's backend
  unknown_method: EXIT.usage,
  bad_input: EXIT.usage,
  message_too_large: EXIT.usage,
  backend_lost: EXIT.unexpected,
  // the console's own file
  storage_newer: EXIT.refused,
  storage_damaged: EXIT.unexpected,
  storage_unavailable: EXIT.unexpected,
  keychain_missing: EXIT.refused,
  // a check or the migration itself did not hold
  migration_failed: EXIT.failed,
  job_failed: EXIT.failed,
  preview_failed: EXIT.failed,
  check_failed: EXIT.failed,
  test_failed: EXIT.failed,
  precondition_failed: EXIT.failed,
  unfinished: EXIT.failed,
  finalize_after_failed: EXIT.failed,
  // the target
  target_unreachable: EXIT.unreachable,
  target_lost: EXIT.unreachable,
  target_refused_login: EXIT.unreachable,
  password_command_failed: EXIT.unreachable,
  database_missing: EXIT.unreachable,
  practice_not_running: EXIT.unreachable,
  // guards
  environment_required: EXIT.refused,
  confirmation_required: EXIT.refused,
  confirmation_expired: EXIT.refused,
  not_open: EXIT.refused,
  already_running: EXIT.refused,
  not_running: EXIT.usage,
  adapter_missing: EXIT.refused,
  connection_in_use: EXIT.refused,
  password_in_url: EXIT.refused,
  target_standby: EXIT.refused,
  target_too_old: EXIT.refused,
  privilege_missing: EXIT.refused,
  schema_newer: EXIT.refused,
  schema_attached: EXIT.refused,
  definition_drift: EXIT.refused,
  preview_refused: EXIT.refused,
  wrong_database: EXIT.refused,
  illegal_transition: EXIT.refused,
  migration_paused: EXIT.refused,
  table_busy: EXIT.refused,
  finalized_early: EXIT.refused,
  practice_foreign_database: EXIT.refused,
  // stopped before the end
  stopped: EXIT.stopped,
  wait_timeout: EXIT.stopped,
  target_exhausted: EXIT.stopped,
  target_locked: EXIT.stopped,
  planning_timeout: EXIT.stopped,
  // files and everything else
  file_not_writable: EXIT.usage,
  server_binaries_missing: EXIT.unexpected,
  unexpected: EXIT.unexpected,
} as const

export type ErrorCode = keyof typeof ERROR_EXIT_CODES

/** An error as data: what crosses a process, a socket or `--json`. */
export interface AppError {
  readonly code: ErrorCode
  /** What happened, to which object, and what was expected. */
  readonly message: string
  /** What the reader can do now, or null where there is nothing to do. */
  readonly remedy: string | null
  readonly details: Readonly<Record<string, unknown>>
}

interface Explanation {
  readonly remedy?: string
  readonly details?: Readonly<Record<string, unknown>>
  readonly cause?: unknown
}

export class TrancheError extends Error {
  override readonly name = 'TrancheError'
  readonly code: ErrorCode
  readonly remedy: string | null
  readonly details: Readonly<Record<string, unknown>>

  constructor(code: ErrorCode, message: string, { remedy, details, cause }: Explanation = {}) {
    super(message, { cause })
    this.code = code
    this.remedy = remedy ?? null
    this.details = details ?? {}
  }
}

/** Any thrown value as the error that may cross a boundary; unknown ones keep their message and get code `unexpected`. */
export function toAppError(thrown: unknown): AppError {
  if (thrown instanceof TrancheError) {
    const { code, message, remedy, details } = thrown
    return { code, message, remedy, details }
  }
  return { code: 'unexpected', message: messageOf(thrown), remedy: null, details: {} }
}

/** What any thrown value says. */
export function messageOf(thrown: unknown): string {
  // A host with several addresses: each has its own error, and the sum of them says nothing.
  if (thrown instanceof AggregateError && thrown.message === '') return thrown.errors.map(messageOf).join('; ')
  return thrown instanceof Error ? thrown.message : String(thrown)
}
