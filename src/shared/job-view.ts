/** Jobs as the strip draws them, and one job in full. */
import type { JobValue, TransitionValue } from './cli-output.ts'
import type { JobStatus } from './status.ts'

/** One cell of the strip. Short, because thousands of them travel. */
export interface JobCell {
  readonly id: string
  readonly status: JobStatus
  /** The range in key order: first and last value, or cursor, as text. */
  readonly min: string
  readonly max: string
  readonly attempts: number
  /** Failed with all attempts used. */
  readonly isBlocked: boolean
  readonly scanned: number
  readonly changed: number
  readonly startedAtMs: number | null
  /** null while it is not finished. */
  readonly seconds: number | null
}

export interface Page<Item> {
  readonly items: readonly Item[]
  /** Give it as `after` for the next page; null: that was the last one. */
  readonly next: string | null
}

export interface JobDetail {
  readonly job: JobValue
  readonly isBlocked: boolean
  readonly log: readonly TransitionValue[]
}
