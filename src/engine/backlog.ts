/**
 * Row counts on their way into a job's progress row. With several sub-batches in the air each one's count is known only when
 * it was committed, so a later progress statement carries it. `scanned` and the cursor never lag.
 */
import type { Key } from './types.ts'

/** What one sub-batch's progress statement writes besides its cursor and its scanned keys. */
export interface Shipment {
  /** Added to `changed`: counts of sub-batches that were committed before, and the own one where it is known. */
  readonly changed: number
  /** Sub-batches up to this one whose counts are still to come. */
  readonly uncounted: number
  /** false: a count was lost for good. */
  readonly isExact: boolean
}

interface InAir {
  readonly end: Key
  /** Counts of earlier sub-batches, aboard this one's progress. */
  readonly carried: number
  readonly isCounted: boolean
}

export class Backlog {
  #changed = 0
  #isExact = true
  #isSettled = true
  #inAir: InAir[] = []

  /** Rows that were changed for certain and are in no committed progress yet. */
  get changed(): number {
    return this.#changed
  }

  get isExact(): boolean {
    return this.#isExact
  }

  /** Whether the progress row says by itself what is known. */
  get isSettled(): boolean {
    return this.#isSettled && this.#changed === 0
  }

  /** Loads the sub-batch up to `end`; `own`: its count, or null while that is not known. */
  ship(end: Key, own: number | null): Shipment {
    const carried = this.#changed
    this.#changed = 0
    this.#inAir.push({ end, carried, isCounted: own !== null })
    return {
      changed: carried + (own ?? 0),
      uncounted: own === null ? this.#inAir.length : 0,
      isExact: this.#isExact,
    }
  }

  /** The oldest sub-batch in the air was committed; it changed so many rows. */
  land(changed: number): void {
    const landed = this.#inAir.shift()
    if (landed === undefined) throw new Error('a sub-batch landed that was not in the air')
    this.#isSettled = landed.isCounted
    if (!landed.isCounted) this.#changed += changed
  }

  /** Nothing of what is in the air was committed. */
  recall(): void {
    for (const { carried } of this.#inAir) this.#changed += carried
    this.#inAir = []
  }

  /** Of what was in the air when the connection was lost, everything up to `cursor` was committed. */
  resolve(cursor: Key | null): void {
    const last = this.#inAir.findLastIndex(({ end }) => isSameKey(end, cursor))
    const committed = this.#inAir.splice(0, last + 1)
    for (const { isCounted } of committed) {
      this.#isSettled = isCounted
      if (!isCounted) this.#isExact = false
    }
    this.recall()
  }

  /** The row's own counts were written and it says what is known. */
  settled(): void {
    this.#changed = 0
    this.#isSettled = true
  }
}

export function isSameKey(left: Key | null, right: Key | null): boolean {
  return left?.join('\0') === right?.join('\0')
}
