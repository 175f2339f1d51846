/** What queueing would do, before it is done: nothing is written to find out. */
import { z } from 'zod'
import type { KnobsView, StatementView } from './catalogue-view.ts'
import type { Confirmation } from './confirmations.ts'
import type { MigrationStatus } from './status.ts'

const LARGEST_INTEGER = 2_147_483_647
/** A value of the batch column, or a JSON array with one for each column; judged where the columns are known. */
const Bound = z.string().trim().min(1).max(8_000)

export const QueueInput = z.strictObject({
  jobClassName: z.string().min(1).max(100),
  /** In declaration order, as JSON. */
  jobArguments: z.array(z.json()).max(100).default([]),
  batchSize: z.int().min(1).max(LARGEST_INTEGER).optional(),
  subBatchSize: z.int().min(1).max(LARGEST_INTEGER).optional(),
  maxBatchSize: z.int().min(1).max(LARGEST_INTEGER).optional(),
  intervalSeconds: z.int().min(0).max(32_767).optional(),
  pauseMs: z.int().min(0).max(LARGEST_INTEGER).optional(),
  min: Bound.optional(),
  max: Bound.optional(),
  isPaused: z.boolean().default(false),
  /** Queue although no unique index fits the batch column. */
  force: z.boolean().default(false),
})

export interface PreflightCheck {
  readonly name: string
  /** warns: queueing is allowed, and the operator should read it. */
  readonly outcome: 'holds' | 'warns' | 'failed'
  readonly detail: string
  readonly remedy: string | null
}

export type PlannedRange =
  | {
      readonly kind: 'known'
      readonly min: readonly string[]
      readonly max: readonly string[]
      /** The planner's, in range and scope. */
      readonly estimatedRows: number
    }
  /** No row lies in it: the migration would be finished at once. */
  | { readonly kind: 'empty' }
  | { readonly kind: 'unknown'; readonly because: string }

export interface QueuePlan {
  readonly jobClassName: string
  readonly definitionHash: string
  /** As the definition names it, or with its schema where it was found. */
  readonly tableName: string
  readonly columns: readonly string[]
  /** null where the table could not be examined. */
  readonly strategy: string | null
  readonly range: PlannedRange
  readonly estimatedJobs: number | null
  /** The definition's knobs with the input's on top. */
  readonly knobs: KnobsView
  readonly statement: StatementView | null
  readonly statementUnknownBecause: string | null
  readonly preflight: readonly PreflightCheck[]
  /** The row that is there already: queueing would answer it and change nothing. */
  readonly duplicate: { readonly migrationId: string; readonly status: MigrationStatus } | null
  readonly confirmation: Confirmation
  /** Whether no preflight check failed. */
  readonly canQueue: boolean
  readonly plannedAtMs: number
}
