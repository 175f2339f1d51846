import { setTimeout as sleep } from 'node:timers/promises'
import type { Clock } from '../../engine/ports.ts'

export const systemClock: Clock = {
  now: () => new Date(),
  async sleep(milliseconds, signal) {
    // Rejects with the signal's own reason, as the port asks, not with Node's AbortError.
    signal?.throwIfAborted()
    await sleep(milliseconds, undefined, signal === undefined ? {} : { signal }).catch((error: unknown) => {
      signal?.throwIfAborted()
      throw error
    })
  },
}
