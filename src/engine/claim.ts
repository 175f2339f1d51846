/** A runner's hold on one job, under an epoch. */
import type { JobStatus, MigrationStatus } from '../shared/status.ts'
import type { Slice } from './batching/strategy.ts'
import type { Key } from './types.ts'

export interface Claim {
  readonly jobId: string
  readonly epoch: string
  /** The status that it was taken from. */
  readonly from: JobStatus
  readonly attempt: number
  /** The first key of the job; its first sub-batch starts there, inclusive. */
  readonly min: Key
  readonly max: Key
  /** The end of the last committed sub-batch, or null. */
  readonly cursor: Key | null
  readonly subBatchSize: number
  readonly pauseMs: number
  readonly slices: readonly Slice[]
  /** Rows that the job's progress counts up to the cursor. */
  readonly done: DoneRows
}

export interface DoneRows {
  readonly scanned: number
  readonly changed: number
  readonly unresolved: number
  readonly quarantined: number
}

export const NOTHING_DONE: DoneRows = { scanned: 0, changed: 0, unresolved: 0, quarantined: 0 }

export type ClaimOutcome =
  | { readonly kind: 'claimed'; readonly claim: Claim }
  | { readonly kind: 'busy' } //       somebody else plans or claims at this moment
  | { readonly kind: 'nothing' } //    no job to be had; others may still be running
  | { readonly kind: 'held'; readonly until: Date; readonly serverNow: Date }
  | { readonly kind: 'not_due'; readonly seconds: number }
  | { readonly kind: 'not_driven'; readonly status: MigrationStatus }
  | { readonly kind: 'taken_over' } // our runner's row or the lease is gone

/** A claim whose last transaction is in doubt, as the database has it. */
export type Resolution =
  | { readonly kind: 'resumed'; readonly claim: Claim }
  | { readonly kind: 'succeeded'; readonly done: DoneRows } // the last sub-batch had committed
  | { readonly kind: 'claim_lost' }
