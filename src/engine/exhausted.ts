import { TrancheError } from '../shared/errors.ts'
import { describeException } from './exception.ts'
import { sqlstateOf } from './target/sqlstate.ts'

/** 53xxx: disk, memory or connections of the server are used up. The whole run stops, with the reason. */
export function exhausted(cause: unknown): TrancheError {
  return new TrancheError('target_exhausted', `the server is out of resources: ${describeException(cause).message}`, {
    remedy: 'Free disk, memory or connections on the server, then run it again: it goes on where it stopped.',
    details: { sqlstate: sqlstateOf(cause) },
    cause,
  })
}
