/** `eachRow` reads and transforms the next sub-batch while the one before it is written: the two wait for different things. */
import type { Slice } from './batching/strategy.ts'
import type { Claim } from './claim.ts'
import type { EngineContext } from './context.ts'
import type { Drive } from './drive.ts'
import { prepareSubBatch } from './executor.ts'
import type { Prepared } from './performer.ts'
import type { Key } from './types.ts'

interface Next {
  readonly slice: Slice
  readonly prepared: Promise<Prepared>
  readonly stop: AbortController
}

interface SubBatchPlace {
  readonly claim: Claim
  readonly slice: Slice
  readonly predecessor: Key | null
}

/** One sub-batch ahead, of one job. */
export class ReadAhead {
  #next: Next | null = null

  /** Does nothing for the other forms, whose work begins inside the transaction. */
  start(context: EngineContext, drive: Drive, place: SubBatchPlace): void {
    if (typeof drive.loaded.definition.perform === 'function') return
    const stop = new AbortController()
    const signal = AbortSignal.any([drive.signal, stop.signal])
    const prepared = prepareSubBatch(context, { ...drive, signal }, place)
    // Told when it is taken; dropped, it is nobody's.
    prepared.catch(() => undefined)
    this.#next = { slice: place.slice, prepared, stop }
  }

  /** What was started for that very slice; null where nothing was. */
  take(slice: Slice): Promise<Prepared> | null {
    const next = this.#next
    if (next?.slice !== slice) return null
    this.#next = null
    return next.prepared
  }

  /** Resolves when nothing of it is at work any more. */
  async drop(reason: unknown): Promise<void> {
    const next = this.#next
    this.#next = null
    next?.stop.abort(reason)
    const prepared = await next?.prepared.catch(() => null)
    prepared?.abandon(reason)
  }
}
