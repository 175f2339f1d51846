/** Where a driven job stands: which slice is next, behind which end, and what was counted. */
import { Backlog } from './backlog.ts'
import type { Slice } from './batching/strategy.ts'
import type { Claim, DoneRows } from './claim.ts'
import type { Key } from './types.ts'

export class Position {
  readonly claim: Claim
  readonly backlog: Backlog
  index = 0
  predecessor: Key | null
  /** Rows of the job up to `predecessor`, by anybody: what its progress row counts, and the backlog. */
  done: DoneRows

  constructor(claim: Claim, backlog = new Backlog()) {
    this.claim = claim
    this.backlog = backlog
    this.predecessor = claim.cursor
    this.done = { ...claim.done, changed: claim.done.changed + backlog.changed }
  }

  /** The same place, with the next slice in parts. */
  divided(parts: readonly Slice[]): Position {
    const { slices } = this.claim
    const all = [...slices.slice(0, this.index), ...parts, ...slices.slice(this.index + 1)]
    const next = new Position({ ...this.claim, slices: all }, this.backlog)
    return Object.assign(next, { index: this.index, predecessor: this.predecessor, done: this.done })
  }

  /** The next slice was committed. */
  advance(end: Key, rows: DoneRows): void {
    this.predecessor = end
    this.index += 1
    this.done = sumRows(this.done, rows)
  }
}

export function sumRows(left: DoneRows, right: DoneRows, sign: 1 | -1 = 1): DoneRows {
  return {
    scanned: left.scanned + sign * right.scanned,
    changed: left.changed + sign * right.changed,
    unresolved: left.unresolved + sign * right.unresolved,
    quarantined: left.quarantined + sign * right.quarantined,
  }
}
