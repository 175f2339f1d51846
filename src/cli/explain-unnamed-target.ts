/** Whoever named no database did not mean the one that libpq's defaults lead to. */
import { TrancheError } from '../shared/errors.ts'

const ABOUT_THE_TARGET: ReadonlySet<string> = new Set([
  'target_unreachable',
  'target_refused_login',
  'database_missing',
])

/** The same error, with a remedy that says how a database is named. */
export function explainUnnamedTarget(error: TrancheError, namesTarget: boolean): TrancheError {
  const { code, message, details } = error
  if (namesTarget || !ABOUT_THE_TARGET.has(code)) return error
  return new TrancheError(code, message, {
    remedy:
      'No database was named, so this is the default of this machine. Name one with --target URL, or --connection practice while npm start runs.',
    details,
    cause: error,
  })
}
