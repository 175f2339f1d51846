/** Looking again and again, for `--follow`. */
import { setTimeout as sleep } from 'node:timers/promises'
import { TrancheError } from '../shared/errors.ts'
import type { Session } from './session.ts'

const LOOK_EVERY_MS = 1_000

/** `--json` promises exactly one document, and following has no end to put it at. Throws usage. */
export function refuseFollowingAsJson({ isJson }: Session): void {
  if (!isJson) return
  throw new TrancheError(
    'usage',
    '--follow and --json do not go together: --json answers one document, and following has no end',
    {
      remedy: 'Ask again and again without --follow.',
    },
  )
}

/** Calls `look` until it answers false or nobody reads stdout any more. Throws the signal's reason when it is aborted. */
export async function follow({ signal, terminal }: Session, look: () => Promise<boolean>): Promise<void> {
  const closed = new AbortController()
  terminal.onClosed(() => {
    closed.abort()
  })
  const either = AbortSignal.any([signal, closed.signal])
  while (!either.aborted && (await look())) {
    await sleep(LOOK_EVERY_MS, undefined, { signal: either }).catch(() => undefined)
  }
  signal.throwIfAborted()
}
