/** The tour goes through data that somebody may have worked on before it: then its failure is no fault of the migration. */
import { TrancheError } from '../../shared/errors.ts'

/** The same error, with a remedy that can be typed where the tour was started. */
export function explainLeftovers(error: unknown, migrationId: string): unknown {
  if (!(error instanceof TrancheError) || (error.code !== 'check_failed' && error.code !== 'migration_failed'))
    return error
  return new TrancheError(error.code, error.message, {
    remedy: `Somebody may have changed the practice data, or made trouble; make them anew: npm start -- --headless --reset. To look first, while npm start runs: npx tranche report ${migrationId} --connection practice`,
    details: error.details,
    cause: error,
  })
}
