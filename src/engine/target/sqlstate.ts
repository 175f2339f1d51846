/** What an error of the database means for a sub-batch; by SQLSTATE, as protocol.md's section on errors lists them. */

import { TrancheError } from '../../shared/errors.ts'
import { ConnectionLost } from './connection-lost.ts'

export type ErrorKind =
  | 'claim_lost' //    our guard: the epoch was raised by somebody else, or the job is gone
  | 'not_driven' //    our guard: paused, or ended by somebody
  | 'predecessor' //   our guard: the stored cursor is not where this sub-batch starts
  | 'contention' //    40001, 40P01, 55P03: the same sub-batch may simply be run again
  | 'timeout' //       57014: a limit of ours, or cancelled by somebody (elapsed.ts tells them apart)
  | 'connection' //    the outcome is in doubt until it is resolved on a new connection
  | 'exhausted' //     53xxx: disk, memory or connections are used up; the whole run stops
  | 'job' //           everything else counts as an error of the job

const GUARD_SQLSTATES = {
  missing: 'TR001',
  claimLost: 'TR002',
  notDriven: 'TR003',
  predecessor: 'TR004',
} as const

const UNREACHABLE = new Set([
  ...['target_unreachable', 'target_refused_login', 'password_command_failed', 'database_missing', 'target_standby'],
])
const CONTENTION = new Set(['40001', '40P01', '55P03'])
const SERVER_GONE = new Set(['57P01', '57P02', '57P03', '57P04', '57P05', '25P03', '25P04'])

/** The SQLSTATE of a thrown value, or null where it is no error of the server. */
export function sqlstateOf(error: unknown): string | null {
  if (!(error instanceof Error) || !('code' in error)) return null
  const { code } = error
  return typeof code === 'string' && /^[0-9A-Z]{5}$/.test(code) && 'severity' in error ? code : null
}

/** Whether a lock was waited for as long as our own limit lets a statement wait: somebody holds it for more than a moment. */
export function isLockTimeout(error: unknown): boolean {
  return sqlstateOf(error) === '55P03'
}

/** How the executor treats a thrown value. */
export function kindOfError(error: unknown): ErrorKind {
  if (error instanceof TrancheError) {
    if (!UNREACHABLE.has(error.code)) return 'job'
    return isFull(error) ? 'exhausted' : 'connection'
  }
  const sqlstate = sqlstateOf(error)
  if (sqlstate === null) return isConnectionError(error) ? 'connection' : 'job'
  if (sqlstate === GUARD_SQLSTATES.missing || sqlstate === GUARD_SQLSTATES.claimLost) return 'claim_lost'
  if (sqlstate === GUARD_SQLSTATES.notDriven) return 'not_driven'
  if (sqlstate === GUARD_SQLSTATES.predecessor) return 'predecessor'
  if (CONTENTION.has(sqlstate)) return 'contention'
  if (sqlstate === '57014') return 'timeout'
  if (SERVER_GONE.has(sqlstate) || (sqlstate.startsWith('08') && endsSession(error))) return 'connection'
  if (sqlstate.startsWith('53')) return 'exhausted'
  return 'job'
}

/**
 * A statement may raise 08xxx itself (a foreign server is away); only what ends the session speaks of our connection. The word
 * is the server's own language; poolers, from which such errors come, speak English.
 */
function endsSession(error: unknown): boolean {
  return error instanceof Error && 'severity' in error && (error.severity === 'FATAL' || error.severity === 'PANIC')
}

/** Whether our own connection failed, so that what was sent may or may not have been done. */
export function isConnectionError(error: unknown): boolean {
  return error instanceof ConnectionLost
}

/** A server that lets nobody in because it is full is out of resources, not out of reach. */
function isFull({ details }: TrancheError): boolean {
  return typeof details.sqlstate === 'string' && details.sqlstate.startsWith('53')
}
