/** What verify found: the checks, the rows left alone on purpose, and what appeared after queueing. */

export interface CheckResult {
  readonly name: string
  readonly kind: 'jobs_succeeded' | 'coverage' | 'count' | 'none' | 'equal' | 'rows'
  readonly holds: boolean
  readonly expected: string
  readonly found: string
  /** Rows that should not be there, at most 20; where a sample holds, some of it, as it was found. */
  readonly rows: readonly Record<string, unknown>[]
  readonly milliseconds: number
  /** The reason under which a failing check was waived, or null. */
  readonly waivedBecause: string | null
}

export interface ExceptionCount {
  readonly name: string
  readonly why: string
  readonly count: number
  /** Listed rows, at most 20. */
  readonly rows: readonly Record<string, unknown>[]
}

export interface NewAfterQueueing {
  /** Rows above the maximum that was fixed at queue time; counted up to 10 000. */
  readonly aboveMaximum: number
  /** Rows between the bounds of neighbouring jobs. */
  readonly betweenJobs: number
  readonly isCapped: boolean
}

export interface Verification {
  readonly migrationId: string
  readonly holds: boolean
  /** 'coverage-only' where the author wrote no checks. */
  readonly proven: 'checks' | 'coverage-only' | 'nothing'
  readonly checks: readonly CheckResult[]
  readonly exceptions: readonly ExceptionCount[]
  readonly newAfterQueueing: NewAfterQueueing
  readonly definitionHash: string
  readonly verifiedAt: string
}
