/**
 * The next job's plan, looked up while the last sub-batches of the job before are on their way: a read that locks nothing and
 * holds no claim. It serves only where the frontier, once locked, is still where it was made for; else planning asks anew.
 * Rows that come or go in between are what they are behind any plan: those between its keys are visited, later ones are new.
 */
import { isSameKey } from './backlog.ts'
import type { JobPlan } from './batching/strategy.ts'
import type { Key } from './types.ts'

/** Where the next job begins, and how big it is to be. */
export interface NextRange {
  /** Exclusive; null: from the migration's minimum. */
  readonly bound: Key | null
  readonly isExhausted: boolean
  /** Rows that a step reads, where no index serves the scope. */
  readonly scanRows: number | null
  readonly knobs: Knobs
}

export interface Knobs {
  readonly batch_size: number
  readonly sub_batch_size: number
  readonly pause_ms: number
}

/** Of one run, whose lanes plan at one frontier. */
export class Foresight {
  #expected: NextRange | null = null
  #seen: { readonly next: NextRange; readonly plan: JobPlan } | null = null
  #looking: Promise<void> | null = null

  /** Where the frontier was left; null: nothing can be foreseen. What was seen before is dropped. */
  expect(next: NextRange | null): void {
    this.#expected = next
    this.#seen = null
  }

  /** Begins to look, once for each place of the frontier. What goes wrong is left to planning itself. */
  look(find: (next: NextRange) => Promise<JobPlan | null>): void {
    const next = this.#expected
    if (next === null || this.#looking !== null) return
    this.#expected = null
    this.#looking = find(next)
      .catch(() => null)
      .then((plan) => {
        this.#looking = null
        if (plan !== null) this.#seen = { next, plan }
      })
  }

  /** Resolves when nothing is being looked up any more (whoever plans next would only do the same work twice), or at an abort. */
  async settle(signal: AbortSignal): Promise<void> {
    if (this.#looking === null || signal.aborted) return
    const aborted = Promise.withResolvers<undefined>()
    const stop = (): void => {
      aborted.resolve(undefined)
    }
    signal.addEventListener('abort', stop, { once: true })
    await Promise.race([this.#looking, aborted.promise])
    signal.removeEventListener('abort', stop)
  }

  /** The plan for that very range and those sizes; null where none was seen. */
  take(next: NextRange): JobPlan | null {
    const seen = this.#seen
    this.#seen = null
    return seen !== null && isSameRange(seen.next, next) ? seen.plan : null
  }
}

function isSameRange(a: NextRange, b: NextRange): boolean {
  const isSameSize = a.knobs.batch_size === b.knobs.batch_size && a.knobs.sub_batch_size === b.knobs.sub_batch_size
  return isSameSize && isSameKey(a.bound, b.bound) && a.scanRows === b.scanRows
}
