import type { AppError, ErrorCode } from '../../../shared/errors.ts'

/** Titles by code, where the message alone would not say what kind of thing happened. */
const TITLES: Partial<Record<ErrorCode, string>> = {
  target_unreachable: 'The target cannot be reached',
  target_lost: 'The connection to the target was lost',
  target_refused_login: 'The target refused the login',
  database_missing: 'There is no such database',
  target_standby: 'The target is a standby',
  target_locked: 'Another session holds a lock',
  target_too_old: 'The server is too old',
  privilege_missing: 'This role may not do that',
  not_installed: 'The tracking schema is not installed',
  schema_newer: 'The tracking schema is newer than this console',
  schema_attached: 'This schema belongs to a GitLab database',
  definition_drift: 'The definition was changed',
  definition_invalid: 'The definition cannot be used',
  definition_import: 'The definition imports what it may not',
  catalogue_missing: 'The catalogue cannot be read',
  illegal_transition: 'Its status does not allow that',
  migration_paused: 'The migration is paused',
  migration_failed: 'The migration failed',
  check_failed: 'A check does not hold',
  precondition_failed: 'A condition of the definition does not hold',
  table_busy: 'Another migration writes this table',
  confirmation_required: 'This must be confirmed',
  confirmation_expired: 'The confirmation has expired',
  invalid_arguments: 'The arguments are not what the definition takes',
  invalid_setting: 'A setting is out of its limits',
  invalid_target: 'This address cannot be used',
  column_not_unique: 'The batch column is not unique',
  backend_lost: 'The backend was lost before it answered',
  already_running: 'It is in use',
  not_open: 'The target is not open',
  storage_newer: 'console.db is newer than this console',
  storage_damaged: 'console.db is damaged',
  server_binaries_missing: 'There is no PostgreSQL to start',
}

export function presentError({ code, message }: AppError): { readonly title: string; readonly message: string } {
  return { title: TITLES[code] ?? 'That was not done', message }
}
