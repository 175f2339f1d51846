/** What a job keeps of its sub-batches, in GitLab's shape: by operation, so that queries on its tables read ours. */
import type { Operation } from './performer.ts'

/** Of each operation the newest so many are kept: a job may have millions of sub-batches, and its row must stay small. */
const MOST_KEPT = 1_000

interface Kept {
  readonly timings: number[]
  readonly affectedRows: number[]
  dropped: number
}

/** Of one attempt: a job that runs again begins anew. */
export class JobMetrics {
  readonly #kept = new Map<string, Kept>()

  add(operations: readonly Operation[]): void {
    for (const { name, milliseconds, affectedRows } of operations) {
      const kept = this.#kept.get(name) ?? { timings: [], affectedRows: [], dropped: 0 }
      this.#kept.set(name, kept)
      kept.timings.push(milliseconds / 1000)
      if (affectedRows !== null) kept.affectedRows.push(affectedRows)
      // Cut now and then, not each time.
      if (kept.timings.length >= 2 * MOST_KEPT) kept.dropped += cut(kept)
    }
  }

  /**
   * The column `metrics`: seconds and rows of the newest sub-batches by operation, oldest first. `dropped` says of how many
   * older ones nothing is kept. An operation that failed has a timing and no rows. `last`: a sub-batch that is not added yet.
   */
  toJson(last: readonly Operation[] = []): Readonly<Record<string, unknown>> {
    const timings: Record<string, readonly number[]> = {}
    const affectedRows: Record<string, readonly number[]> = {}
    const dropped: Record<string, number> = {}
    for (const name of new Set([...this.#kept.keys(), ...last.map((operation) => operation.name)])) {
      const kept = this.#kept.get(name)
      const own = last.filter((operation) => operation.name === name)
      const all = [...(kept?.timings ?? []), ...own.map(({ milliseconds }) => milliseconds / 1000)]
      const rows = [...(kept?.affectedRows ?? []), ...own.flatMap((operation) => operation.affectedRows ?? [])]
      timings[name] = all.slice(-MOST_KEPT)
      if (rows.length > 0) affectedRows[name] = rows.slice(-MOST_KEPT)
      const lost = (kept?.dropped ?? 0) + Math.max(0, all.length - MOST_KEPT)
      if (lost > 0) dropped[name] = lost
    }
    return {
      timings,
      affected_rows: affectedRows,
      ...(Object.keys(dropped).length === 0 ? {} : { dropped }),
    }
  }
}

function cut({ timings, affectedRows }: Kept): number {
  affectedRows.splice(0, affectedRows.length - MOST_KEPT)
  return timings.splice(0, timings.length - MOST_KEPT).length
}
