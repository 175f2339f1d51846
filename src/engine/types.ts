/**
 * The engine's words.
 *
 * batched migration  one queued data backfill over a table's batch column, with settings and a status
 * batched job        one contiguous range of it (on screen: job); the unit of retry
 * sub-batch          the slice that one statement touches, in one transaction
 * frontier           how far jobs have been made; the next job starts behind it
 * runner             one process that drives jobs; has a heartbeat
 * claim, epoch       a runner's hold on one job; a higher epoch fences out a lower one
 * table lease        names the one migration that may write a table now
 * key                the batch columns' values of one row, each as PostgreSQL's own text
 * row outcome        changed, unchanged, unresolved (legitimately left alone), quarantined
 *
 * Ids and keys are strings everywhere: they are 64-bit in the database and are never calculated with here.
 */
import type { ErrorBudget } from '../catalogue/definition.ts'
import type { Hold } from '../shared/health.ts'
import type { MigrationFailure } from '../shared/migration-failure.ts'
import type { PreflightCheck } from '../shared/queue-plan.ts'
import type { JobStatus, MigrationStatus } from '../shared/status.ts'
import type { TimeLeftValue } from '../shared/time-left.ts'
import type { Verification } from './verification.ts'

export type { CheckResult, ExceptionCount, NewAfterQueueing, Verification } from './verification.ts'

/** A row's batch column values, in column order, as text. */
export type Key = readonly string[]

export interface JobCounts {
  readonly pending: number
  readonly running: number
  /** Failed, with attempts left: will be retried by a run. */
  readonly retriable: number
  /** Failed with all attempts used: blocks the migration until it is retried by hand. */
  readonly blocked: number
  readonly succeeded: number
}

export interface RowCounts {
  readonly scanned: number
  readonly changed: number
  readonly unresolved: number
  readonly quarantined: number
  /** false when a count was re-derived after a crash. */
  readonly exact: boolean
}

export interface RunnerInfo {
  readonly id: string
  readonly operator: string
  readonly host: string
  readonly pid: number
  readonly version: string
  readonly startedAt: string
  readonly heartbeatAt: string
  readonly isLive: boolean
  readonly isFinalizing: boolean
}

/** A row of `batched_background_migrations`. Timestamps are ISO text in UTC. */
export interface Migration {
  readonly id: string
  readonly jobClassName: string
  /** The logical database that it was queued for. */
  readonly database: string
  /** `schema.table`, as resolved at queue time. */
  readonly tableName: string
  readonly columns: readonly string[]
  readonly strategy: string
  readonly status: MigrationStatus
  readonly minValue: string | null
  readonly maxValue: string | null
  /** Where the key is no single integer; inclusive like the values. */
  readonly minCursor: Key | null
  readonly maxCursor: Key | null
  readonly batchSize: number
  readonly subBatchSize: number
  readonly maxBatchSize: number | null
  readonly intervalSeconds: number
  readonly pauseMs: number
  readonly jobArguments: readonly unknown[]
  /** The planner's estimate at queue time, or null where it had none. */
  readonly totalTupleCount: number | null
  readonly createdAt: string
  readonly startedAt: string | null
  readonly finishedAt: string | null
  readonly onHoldUntil: string | null
}

export interface MigrationState extends Migration, TimeLeftValue {
  readonly jobs: JobCounts
  readonly rows: RowCounts
  readonly progress: Progress
  readonly runners: readonly RunnerInfo[]
  /** null: not on hold. A hold whose time is over stands until somebody who drives it has asked the indicators. */
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
  readonly schedule: Schedule
}

/** What an active migration that nobody drives at this moment waits for. */
export interface Schedule {
  /** Live schedulers of this database (`work`): they drive whatever is due. */
  readonly schedulers: readonly RunnerInfo[]
  /** Whether schedulers may begin jobs in this database. */
  readonly isOn: boolean
  /** Seconds until the interval has passed since its last job began; null where it is not active or was never begun. */
  readonly dueInSeconds: number | null
  /** Another migration whose live runner writes the table now. */
  readonly tableHeldBy: string | null
}

/** Progress by key position and by rows. A percentage is never above 99.9 before the migration finished. */
export interface Progress {
  readonly percentByKey: number | null
  readonly percentByRows: number | null
  /** Why a percentage is null. */
  readonly unknownBecause: string | null
}

/** A row of `batched_background_migration_jobs` with its progress. */
export interface Job {
  readonly id: string
  readonly migrationId: string
  readonly status: JobStatus
  readonly minValue: string | null
  readonly maxValue: string | null
  /** Where the key is no single integer; inclusive like the values. */
  readonly minCursor: Key | null
  readonly maxCursor: Key | null
  readonly batchSize: number
  readonly subBatchSize: number
  readonly attempts: number
  readonly createdAt: string
  readonly startedAt: string | null
  readonly finishedAt: string | null
  readonly cursor: Key | null
  readonly epoch: string
  readonly runnerId: string | null
  readonly rows: RowCounts
}

export interface QueueRequest {
  readonly jobClassName: string
  /** JSON array in declaration order, as given. */
  readonly jobArguments?: readonly unknown[]
  readonly batchSize?: number
  readonly subBatchSize?: number
  readonly maxBatchSize?: number
  readonly intervalSeconds?: number
  readonly pauseMs?: number
  readonly min?: string
  readonly max?: string
  readonly isPaused?: boolean
  /** How many rows may end in quarantine; undefined: as the definition says. */
  readonly errorBudget?: ErrorBudget
  /** Queue although the batch column has no fitting unique index. */
  readonly force?: boolean
}

export interface QueueOutcome {
  readonly duplicate: boolean
  readonly migration: Migration
  /** What the operator should know of it; none for a duplicate. */
  readonly warnings: readonly PreflightCheck[]
}

export interface RunOptions {
  /** Drive this job alone, once: a pending one, or a failed one with attempts left. */
  readonly jobId?: string
  /** Stop after so many jobs of this run; undefined: until the end. */
  readonly maxJobs?: number
  /** Jobs driven at the same time by this process (default 1). */
  readonly parallel?: number
  /** Keep the migration's interval between the starts of jobs. */
  readonly paced?: boolean
  /** Ignore health: pass over holds and ask no indicator. */
  readonly force?: boolean
  /** Aborting it stops the run: the sub-batch in hand is finished or cancelled, claims are released. */
  readonly signal?: AbortSignal
}

export interface RunOutcome {
  readonly migration: Migration
  /** Whether the migration ended (finished or failed) and nothing is left for a run. */
  readonly done: boolean
  readonly reason: RunEndReason
  /** Why the migration failed, where this run decided that; else null. */
  readonly failure: MigrationFailure | null
  /** Jobs of which an attempt ended; each counts once. */
  readonly jobsRun: number
  /** Of them: those whose last attempt failed, also where they will be tried again. */
  readonly jobsFailed: number
  /** More than jobs where some were tried again. */
  readonly attempts: number
  readonly rows: RowCounts
  readonly seconds: number
}

export type RunEndReason =
  | 'finished' //      every job succeeded
  | 'failed' //        a job used its attempts, or too many jobs failed
  | 'nothing_to_do' // it was finished or finalized already
  | 'job_limit' //     --jobs N was reached
  | 'paused' //        somebody paused it
  | 'taken_over' //    another migration took the table, or this runner was declared dead
  | 'aborted' //       this process was asked to stop

export interface RunProgress {
  readonly migrationId: string
  readonly jobsRun: number
  readonly rows: RowCounts
  readonly totalTupleCount: number | null
  readonly percentByKey: number | null
  readonly rowsPerSecond: number
  /** Seconds left at the recent rate, as a range; null while unknown. */
  readonly etaSeconds: { readonly low: number; readonly high: number } | null
  /** What the run waits for, or null while it works. */
  readonly waitingFor: string | null
}

export interface KnobChanges {
  readonly batchSize?: number
  readonly subBatchSize?: number
  readonly maxBatchSize?: number | null
  readonly intervalSeconds?: number
  readonly pauseMs?: number
}

export interface TransitionLogEntry {
  readonly id: string
  readonly jobId: string
  readonly at: string
  readonly previousStatus: JobStatus
  readonly nextStatus: JobStatus
  readonly exceptionClass: string | null
  readonly exceptionMessage: string | null
}

export interface FailureGroup {
  /** Short, stable id of class and normalised message. */
  readonly group: string
  readonly exceptionClass: string
  readonly message: string
  readonly jobCount: number
  readonly count: number
  readonly firstAt: string
  readonly lastAt: string
}

export interface FailureReport {
  readonly groups: readonly FailureGroup[]
  /** Jobs that are failed now or have failed before, with their whole transition log. */
  readonly jobs: readonly {
    readonly job: Job
    readonly isBlocked: boolean
    readonly group: string
    readonly log: readonly TransitionLogEntry[]
  }[]
}

export interface FinalizeOptions {
  /** Check name → reason. */
  readonly waive?: Readonly<Record<string, string>>
  /** Only confirm: refuse when unfinished, run nothing inline. */
  readonly noRun?: boolean
  /** Ignore health while the remainder is run. */
  readonly force?: boolean
  readonly signal?: AbortSignal
}

export interface FinalizeOutcome {
  readonly alreadyFinalized: boolean
  readonly migration: Migration
  readonly run: RunOutcome | null
  readonly verification: Verification | null
  readonly afterStatements: readonly { readonly statement: string; readonly milliseconds: number }[]
}

export interface TrackedEvent {
  readonly id: string
  readonly at: string
  readonly migrationId: string | null
  readonly jobId: string | null
  readonly kind: string
  readonly operator: string
  readonly host: string
  readonly details: Readonly<Record<string, unknown>>
}
