/** What may happen to a table while a migration over it is driven, as fast-check makes it up. */
import fc from 'fast-check'

export interface Edit {
  readonly kind: 'delete' | 'insert'
  readonly id: bigint
  readonly isBad: boolean
}

export interface Story {
  /** The rows that are there when it is queued. */
  readonly rows: readonly { readonly id: bigint; readonly isBad: boolean }[]
  readonly batchSize: number
  readonly subBatchSize: number
  /** Whether only rows that are not bad are in scope. */
  readonly hasScope: boolean
  /** How many jobs each run drives before it is called again. */
  readonly jobsPerRun: number
  /** What is done before the run of that number. */
  readonly betweenRuns: readonly (readonly [atRun: number, Edit])[]
  /** What is done while the sub-batch of that number is about to begin. */
  readonly midJob: readonly (readonly [atSubBatch: number, Edit])[]
  /** Before the run of that number a runner claims a job, commits so many sub-batches of it, and dies. */
  readonly deaths: readonly (readonly [atRun: number, subBatches: number])[]
  /** Before the run of that number each failed job is split. */
  readonly splits: readonly number[]
  /** With a scope: jobs are made by so many rows read; null: by the scope. */
  readonly scanRows: number | null
  /** Sub-batches that throw, before or after their statement ran. */
  readonly failures: readonly (readonly [atSubBatch: number, 'before' | 'after'])[]
}

const LARGEST = 2n ** 63n - 1n

const id = fc.oneof(
  { weight: 12, arbitrary: fc.bigInt({ min: -10n, max: 40n }) },
  { weight: 1, arbitrary: fc.bigInt({ min: -LARGEST - 1n, max: LARGEST }) },
  { weight: 1, arbitrary: fc.constantFrom(LARGEST, -LARGEST - 1n) },
)
const row = fc.record({ id, isBad: fc.boolean() })
const edit: fc.Arbitrary<Edit> = fc.record({ kind: fc.constantFrom('delete', 'insert'), id, isBad: fc.boolean() })

export const story: fc.Arbitrary<Story> = fc.record({
  rows: fc.uniqueArray(row, { selector: (each) => each.id, minLength: 1, maxLength: 24 }),
  batchSize: fc.integer({ min: 3, max: 9 }),
  subBatchSize: fc.integer({ min: 1, max: 3 }),
  hasScope: fc.boolean(),
  jobsPerRun: fc.integer({ min: 1, max: 4 }),
  betweenRuns: fc.array(fc.tuple(fc.nat({ max: 4 }), edit), { maxLength: 5 }),
  midJob: fc.array(fc.tuple(fc.nat({ max: 10 }), edit), { maxLength: 6 }),
  deaths: fc.uniqueArray(fc.tuple(fc.nat({ max: 4 }), fc.nat({ max: 3 })), { selector: ([at]) => at, maxLength: 2 }),
  splits: fc.uniqueArray(fc.nat({ max: 5 }), { maxLength: 3 }),
  scanRows: fc.option(fc.integer({ min: 2, max: 8 })),
  failures: fc.uniqueArray(fc.tuple(fc.nat({ max: 10 }), fc.constantFrom('before', 'after')), {
    selector: ([at]) => at,
    maxLength: 2,
  }),
})
