/** PGPASSWORD for a connection that was saved without it: the last resort, and only for the place that the variables beside it name. */
import { isLocalHost } from './default-host.ts'
import type { PasswordPlace } from './password-file.ts'
import type { Environ } from './read-service.ts'
import type { Environment } from '../../shared/confirmations.ts'

/** null: none is set, or it is another server's. For production PGHOST has to name that very server. */
export function findPasswordVariable(
  { host, port, user, database }: PasswordPlace,
  environment: Environment,
  env: Environ,
): string | null {
  const password = env.PGPASSWORD ?? ''
  // Both mean a server that is not told by PGHOST.
  const meansOther = (env.PGSERVICE ?? '') !== '' || (env.PGHOSTADDR ?? '') !== ''
  if (password === '' || meansOther || (environment === 'production' && (env.PGHOST ?? '') === '')) return null
  const isThisHost = isUnsetOr(env.PGHOST, host) || (isLocalHost(env.PGHOST ?? '') && isLocalHost(host))
  const isThis =
    isThisHost &&
    isUnsetOr(env.PGPORT, String(port)) &&
    isUnsetOr(env.PGUSER, user) &&
    isUnsetOr(env.PGDATABASE, database)
  return isThis ? password : null
}

function isUnsetOr(variable: string | undefined, value: string): boolean {
  return variable === undefined || variable === '' || variable === value
}
