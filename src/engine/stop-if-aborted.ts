import { TrancheError } from '../shared/errors.ts'

/** Throws stopped when this process was asked to stop. `what` names what is left undone. */
export function stopIfAborted(signal: AbortSignal | undefined, what: string): void {
  if (signal?.aborted !== true) return
  throw new TrancheError('stopped', `${what} was stopped before its end`, {
    remedy: 'What was committed stays. Call it again to go on.',
    cause: signal.reason,
  })
}
