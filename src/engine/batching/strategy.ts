/** A batching strategy finds bounds: of the whole table, of the next job, of a job's sub-batches. One per file. */
import type { Sql } from '../../shared/sql.ts'
import type { Transaction } from '../target/transaction.ts'
import type { KeyStorage } from '../tracking/stored-key.ts'
import type { Key } from '../types.ts'
import type { BatchTable } from './batch-table.ts'
import type { KeyRange } from './key-range.ts'

export interface Slice {
  /** Inclusive end; the slice starts behind the end before it. */
  readonly end: Key
  /** Keys in scope that the planning query counted into it. */
  readonly scanned: number
  /** Under loose_index_scan: its distinct values. */
  readonly values?: readonly string[]
}

export interface JobPlan {
  /** The first key present, inclusive. */
  readonly min: Key
  /** The last key present, inclusive; the last slice ends here. */
  readonly max: Key
  readonly slices: readonly Slice[]
  /** Whether a key in scope was seen behind `max`. */
  readonly hasMore: boolean
}

/** How a range is divided, by the keys that are present now. */
export type Midpoint =
  /** `end` is the last key of the first part, `next` the first key of the second; keys that appear between belong to it. */
  | { readonly kind: 'divided'; readonly end: Key; readonly next: Key }
  /** No more than the asked number of keys is left. */
  | { readonly kind: 'whole' }
  /** No key is left. */
  | { readonly kind: 'empty' }

export interface Scoped {
  readonly table: BatchTable
  /** Narrows planning and sub-batches alike; null: every row. */
  readonly scope: Sql | null
}

export interface BatchingStrategy {
  /** What `batch_class_name` holds: GitLab's name where it has one. */
  readonly batchClassName: string
  /** Whether keys are kept as GitLab's values or as its cursors. */
  storageOf(table: BatchTable): KeyStorage
  /** Throws column_unsupported, column_not_unique. */
  assertFits(transaction: Transaction, table: BatchTable, force: boolean): Promise<void>
  /** First and last key in the range, each by one probe of the index; null when there is none. The scope plays no part. */
  bounds(
    transaction: Transaction,
    table: BatchTable,
    range: KeyRange,
  ): Promise<{ readonly min: Key; readonly max: Key } | null>
  /** The planner's estimate of the rows in range and scope; never a count. */
  estimate(transaction: Transaction, scoped: Scoped, range: KeyRange): Promise<number>
  /** One query: the job's bounds and all its sub-batch ends. `limit` null: the whole range. null when no key is left. */
  plan(
    transaction: Transaction,
    scoped: Scoped,
    range: KeyRange,
    sizes: { readonly limit: number | null; readonly subBatchSize: number },
  ): Promise<JobPlan | null>
  /** Divides a range behind its first `size` keys in scope (distinct values under loose_index_scan). */
  midpoint(transaction: Transaction, scoped: Scoped, range: KeyRange, size: number): Promise<Midpoint>
  /** Up to `count` keys spread over those in the range and scope, the first and the last among them; all if they are fewer. */
  spread(transaction: Transaction, scoped: Scoped, range: KeyRange, count: number): Promise<readonly Key[]>
}
