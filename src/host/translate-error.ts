/** Errors of the database that nobody expected at their place, as errors with a stable code. */
import { isConnectionError, kindOfError, sqlstateOf } from '../engine/target/sqlstate.ts'
import { messageOf, TrancheError } from '../shared/errors.ts'

export function translateError(error: unknown): unknown {
  if (error instanceof TrancheError) return isPasswordMissing(error) ? passwordMissing(error) : error
  const said = messageOf(error)
  const sqlstate = sqlstateOf(error)
  const because = { details: { sqlstate }, cause: error }
  if (sqlstate === '42501') {
    return new TrancheError('privilege_missing', `the server refused that to this role: ${said}`, {
      remedy: 'Connect as a role that may do it, or let a DBA grant it to this one.',
      ...because,
    })
  }
  if (sqlstate === '25006') {
    return new TrancheError('target_standby', `the server takes no writes: ${said}`, {
      remedy: 'Connect to the primary, or end the read-only mode.',
      ...because,
    })
  }
  const kind = kindOfError(error)
  if (kind === 'exhausted') {
    return new TrancheError('target_exhausted', `the server has run out of something: ${said}`, {
      remedy: 'Look at its disk, memory and connections, then start again: what was committed stays.',
      ...because,
    })
  }
  if (kind === 'contention') {
    return new TrancheError('target_locked', `another session holds a lock that this needs: ${said}`, {
      remedy:
        'Repeat it when that session has ended. The oldest transactions first: SELECT pid, usename, state, xact_start, query FROM pg_stat_activity ORDER BY xact_start.',
      ...because,
    })
  }
  if (kind === 'connection' && (sqlstate !== null || isConnectionError(error))) {
    return new TrancheError('target_lost', `the connection was lost: ${said}`, {
      remedy: 'Check the server and the network, then look at: tranche status.',
      ...because,
    })
  }
  if (sqlstate === null) return error
  return new TrancheError('unexpected', `the server answered ${sqlstate}: ${said}`, because)
}

/** pg's own words for it speak of the protocol's messages. */
function isPasswordMissing({ code, message }: TrancheError): boolean {
  return code === 'target_refused_login' && message.includes('client password must be')
}

function passwordMissing({ message, details }: TrancheError): TrancheError {
  const [target = 'the server'] = message.replace(/^the server refused the login to /, '').split(': ')
  return new TrancheError('target_refused_login', `the login to ${target} wants a password, and none is known`, {
    remedy: 'Give it with PGPASSWORD, ~/.pgpass or a service, or call this at a terminal to be asked.',
    details,
  })
}
