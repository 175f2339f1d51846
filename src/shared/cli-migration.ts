/** A migration as commands answer it with `--json`: part of what src/shared/cli-output.ts lists. */
import type { Hold } from './health.ts'
import type { MigrationFailure } from './migration-failure.ts'
import type { MigrationStatus } from './status.ts'
import type { TimeLeftValue } from './time-left.ts'

export interface MigrationValue {
  readonly id: string
  readonly jobClassName: string
  /** The logical database that it was queued for: main, ci, … */
  readonly database: string
  readonly tableName: string
  readonly columns: readonly string[]
  readonly strategy: string
  readonly status: MigrationStatus
  /** Inclusive; null where the key is no single integer: the cursors then hold it, column by column. */
  readonly minValue: string | null
  readonly maxValue: string | null
  readonly minCursor: readonly string[] | null
  readonly maxCursor: readonly string[] | null
  readonly batchSize: number
  readonly subBatchSize: number
  readonly maxBatchSize: number | null
  readonly intervalSeconds: number
  readonly pauseMs: number
  readonly jobArguments: readonly unknown[]
  /** An estimate, or null where there was none at queue time. */
  readonly totalTupleCount: number | null
  readonly createdAt: string
  readonly startedAt: string | null
  readonly finishedAt: string | null
  readonly onHoldUntil: string | null
}

export interface JobCountsValue {
  readonly pending: number
  readonly running: number
  /** Failed with attempts left. */
  readonly retriable: number
  /** Failed with all attempts used: `tranche retry` gives them back. */
  readonly blocked: number
  readonly succeeded: number
}

export interface RowCountsValue {
  readonly scanned: number
  readonly changed: number
  readonly unresolved: number
  readonly quarantined: number
  /** false when a count was re-derived after a crash. */
  readonly exact: boolean
}

export interface ProgressValue {
  readonly percentByKey: number | null
  readonly percentByRows: number | null
  readonly unknownBecause: string | null
}

export interface RunnerValue {
  readonly id: string
  readonly operator: string
  readonly host: string
  readonly pid: number
  readonly version: string
  readonly startedAt: string
  readonly heartbeatAt: string
  readonly isLive: boolean
}

export interface MigrationStateValue extends MigrationValue, TimeLeftValue {
  readonly jobs: JobCountsValue
  readonly rows: RowCountsValue
  readonly progress: ProgressValue
  readonly runners: readonly RunnerValue[]
  readonly hold: Hold | null
  readonly definitionHash: string | null
  /** Jobs are made of so many rows read, since no index serves the scope; null: by the scope. */
  readonly scanRows: number | null
  /** A row of GitLab's own: its workers drive it, and what they scanned is the nominal size of each succeeded job. */
  readonly isAttached: boolean
  /** Why it failed; null where it did not, and where the journal does not tell. */
  readonly failure: MigrationFailure | null
  /** Why `transform` left rows alone, and how many; the most frequent reasons. */
  readonly unresolvedReasons: Readonly<Record<string, number>>
  readonly schedule: ScheduleValue
}

/** What an active migration that nobody drives at this moment waits for. */
export interface ScheduleValue {
  /** Live schedulers of this database (`work`): they drive whatever is due. */
  readonly schedulers: readonly RunnerValue[]
  /** Whether schedulers may begin jobs in this database. */
  readonly isOn: boolean
  /** Seconds until the interval has passed since its last job began; null where it is not active or was never begun. */
  readonly dueInSeconds: number | null
  /** Another migration whose live runner writes the table now. */
  readonly tableHeldBy: string | null
}
