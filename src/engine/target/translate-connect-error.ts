/** What went wrong while connecting, as one message with a remedy. */
import { messageOf, TrancheError } from '../../shared/errors.ts'
import { describeTarget, type TargetParameters } from './parameters.ts'
import { sqlstateOf } from './sqlstate.ts'

export function translateConnectError(error: unknown, parameters: TargetParameters): TrancheError {
  // Thrown by what was asked for the password.
  if (error instanceof TrancheError) return error
  const target = describeTarget(parameters)
  const sqlstate = sqlstateOf(error)
  const said = messageOf(error)
  const details = { sqlstate, host: parameters.host, port: parameters.port, database: parameters.database }
  if (/password must be a string|client password must be/i.test(said)) {
    return new TrancheError('target_refused_login', `${target} asks for a password, and none is known`, {
      remedy: 'Give one: PGPASSWORD for the target, ~/.pgpass (chmod 600) or a service for every database.',
      details,
      cause: error,
    })
  }
  if (sqlstate === '28P01' || sqlstate === '28000') {
    return new TrancheError('target_refused_login', `the server refused the login to ${target}: ${said}`, {
      remedy: 'Check user and password (PGPASSWORD, ~/.pgpass or the service), and the server’s pg_hba.conf.',
      details,
      cause: error,
    })
  }
  if (sqlstate === '42501') {
    return new TrancheError('target_refused_login', `${target}: ${said}`, {
      remedy: 'Let a DBA GRANT CONNECT ON DATABASE to this user.',
      details,
      cause: error,
    })
  }
  if (sqlstate === '3D000') {
    return new TrancheError(
      'database_missing',
      `there is no database "${parameters.database}" on ${parameters.host}:${String(parameters.port)}`,
      {
        remedy: 'Check the database’s name; psql -l lists those of the server.',
        details,
        cause: error,
      },
    )
  }
  return new TrancheError('target_unreachable', `cannot connect to ${target}: ${said}`, {
    remedy: remedyOf(error, said),
    details,
    cause: error,
  })
}

function remedyOf(error: unknown, said: string): string {
  if (/ENOTFOUND|EAI_AGAIN/.test(said)) return 'The host name does not resolve: check its spelling, DNS and VPN.'
  if (said.includes('connect ENOENT')) return 'No server has its socket there: check the folder and the port.'
  if (said.includes('ECONNREFUSED')) return 'Nothing listens there: check host and port, and that the server runs.'
  if (/timeout/i.test(said)) return 'The host does not answer: check VPN and firewall.'
  if (/SSL|TLS|certificate/i.test(said)) return 'Check sslmode and sslrootcert against what the server offers.'
  const sqlstate = sqlstateOf(error)
  if (sqlstate === '53300') return 'The server has no free connection slot: try again, or use a pooler.'
  if (sqlstate?.startsWith('57P') === true) return 'The server is starting up or shutting down: try again in a moment.'
  return 'Check host, port, VPN and the server’s log.'
}
