/**
 * What each command answers with `--json`. Other people's scripts read it, so it is written down apart from the engine's
 * own types: a change there that would change an answer does not compile. Ids, keys and bounds are strings (they are
 * 64-bit), times are ISO text in UTC, durations carry their unit in their name. docs/cli.md lists the same for readers.
 */
import type { ArchivedValue } from './archived-value.ts'
import type { CatalogueValue } from './catalogue-value.ts'
import type { AppError } from './errors.ts'
import type { MigrationStateValue, MigrationValue, RowCountsValue } from './cli-migration.ts'
import type { HealthReading } from './health.ts'
import type { MigrationFailure } from './migration-failure.ts'
import type { PreviewValue } from './preview-view.ts'
import type { QuarantineValue } from './quarantine-view.ts'
import type { PreflightCheck } from './queue-plan.ts'
import type { JobStatus } from './status.ts'
import type { SteppedValue } from './stepped-view.ts'

export type { BrokenFileValue, CatalogueValue, SteppedFileValue } from './catalogue-value.ts'
export type {
  JobCountsValue,
  MigrationStateValue,
  MigrationValue,
  RowCountsValue,
  RunnerValue,
} from './cli-migration.ts'

/** The one document on stdout. `ok` is true exactly when the exit code is 0. */
export type CliDocument<Value> =
  { readonly ok: true; readonly value: Value } | { readonly ok: false; readonly error: AppError }

/** The value of each command, by its name. */
export interface CliValues {
  readonly init: { readonly folder: string; readonly files: readonly string[] }
  readonly test: TestValue
  readonly install: InstallValue
  readonly uninstall:
    { readonly schema: string; readonly database: string } | { readonly schema: string; readonly sql: string }
  readonly list: ListValue
  readonly queue: {
    readonly duplicate: boolean
    readonly migration: MigrationValue
    readonly warnings: readonly PreflightCheck[]
  }
  readonly preview: PreviewValue
  readonly run: RunValue
  readonly work: { readonly jobsRun: number }
  readonly pause: MigrationValue
  readonly resume: MigrationValue
  readonly status: StatusValue
  readonly wait: MigrationValue
  readonly failures: FailuresValue
  readonly quarantine: QuarantineValue
  readonly verify: VerificationValue
  readonly finalize: FinalizeValue
  readonly retry: { readonly retried: number; readonly migration: MigrationValue }
  /** `secondJobId` null: nothing was left to divide. */
  readonly split: { readonly jobId: string; readonly secondJobId: string | null; readonly batchSize: number }
  readonly requeue: {
    readonly archived: ArchivedValue
    readonly migration: MigrationValue
    readonly warnings: readonly PreflightCheck[]
  }
  /** `deleted` false: it was not queued, or is in the archive already. */
  readonly delete: { readonly deleted: boolean; readonly archived: ArchivedValue | null }
  readonly report:
    | { readonly format: 'md' | 'html'; readonly text: string }
    | { readonly format: 'json'; readonly report: ReportValue }
  readonly set: MigrationValue
  readonly events: readonly EventValue[]
  readonly stepped: SteppedValue
  readonly help: { readonly text: string }
  readonly version: { readonly version: string }
}

export interface TestValue {
  readonly folder: string
  /** Which PostgreSQL. */
  readonly server: string
  readonly tests: readonly {
    readonly file: string
    readonly name: string
    readonly isPassed: boolean
    readonly message: string | null
    readonly milliseconds: number
  }[]
}

export type InstallValue =
  | {
      /** Of the first database; `databases` has each of them. */
      readonly installed: boolean
      readonly schema: string
      readonly schemaVersion: number
      readonly databases: readonly {
        readonly database: string
        readonly installed: boolean
        readonly schemaVersion: number
      }[]
    }
  /** `install --print` */
  | { readonly schema: string; readonly sql: string }

export interface TrackedPlace {
  readonly description: string
  readonly isInstalled: boolean
  /** It has GitLab's own tracking tables instead of ours. */
  readonly isAttached: boolean
}

export interface ListValue {
  /** null where no catalogue was named. */
  readonly catalogue: CatalogueValue | null
  /** The first database; null where no target was named. */
  readonly target: TrackedPlace | null
  /** Every database that is mapped, by its logical name. */
  readonly databases: readonly (TrackedPlace & { readonly database: string })[]
  readonly migrations: readonly MigrationStateValue[]
}

export interface StatusValue {
  /** All of them, or the one that was asked for. */
  readonly migrations: readonly MigrationStateValue[]
  /** Requeued and deleted ones: all of them, or those of the id that was asked for. */
  readonly archived: readonly ArchivedValue[]
  /** What the health indicators say now: of the one that was asked for, while it is not finished; else null. */
  readonly health: readonly HealthReading[] | null
}

export interface RunValue {
  readonly migration: MigrationValue
  readonly done: boolean
  readonly reason: 'finished' | 'failed' | 'nothing_to_do' | 'job_limit' | 'paused' | 'taken_over' | 'aborted'
  /** Why the migration failed, where this run decided that; else null. */
  readonly failure: MigrationFailure | null
  /** Jobs of which an attempt ended; each counts once. */
  readonly jobsRun: number
  /** Of them: those whose last attempt failed, also where they will be tried again. */
  readonly jobsFailed: number
  /** More than jobs where some were tried again. */
  readonly attempts: number
  readonly rows: RowCountsValue
  readonly seconds: number
}

export interface JobValue {
  readonly id: string
  readonly migrationId: string
  readonly status: JobStatus
  /** Inclusive; null where the key is no single integer: the cursors then hold it, column by column. */
  readonly minValue: string | null
  readonly maxValue: string | null
  readonly minCursor: readonly string[] | null
  readonly maxCursor: readonly string[] | null
  readonly batchSize: number
  readonly subBatchSize: number
  readonly attempts: number
  readonly createdAt: string
  readonly startedAt: string | null
  readonly finishedAt: string | null
  readonly cursor: readonly string[] | null
  readonly epoch: string
  readonly runnerId: string | null
  readonly rows: RowCountsValue
}

export interface TransitionValue {
  readonly id: string
  readonly jobId: string
  readonly at: string
  readonly previousStatus: JobStatus
  readonly nextStatus: JobStatus
  readonly exceptionClass: string | null
  readonly exceptionMessage: string | null
}

export interface FailureGroupValue {
  readonly group: string
  readonly exceptionClass: string
  readonly message: string
  readonly jobCount: number
  readonly count: number
  readonly firstAt: string
  readonly lastAt: string
}

export interface FailedJobValue {
  readonly job: JobValue
  readonly isBlocked: boolean
  readonly group: string
  readonly log: readonly TransitionValue[]
}

export interface FailuresValue {
  readonly groups: readonly FailureGroupValue[]
  readonly jobs: readonly FailedJobValue[]
}

export interface CheckValue {
  readonly name: string
  readonly kind: 'jobs_succeeded' | 'coverage' | 'count' | 'none' | 'equal' | 'rows'
  readonly holds: boolean
  readonly expected: string
  readonly found: string
  readonly rows: readonly Record<string, unknown>[]
  readonly milliseconds: number
  readonly waivedBecause: string | null
}

export interface ExceptionValue {
  readonly name: string
  readonly why: string
  readonly count: number
  readonly rows: readonly Record<string, unknown>[]
}

export interface VerificationValue {
  readonly migrationId: string
  readonly holds: boolean
  readonly proven: 'checks' | 'coverage-only' | 'nothing'
  readonly checks: readonly CheckValue[]
  readonly exceptions: readonly ExceptionValue[]
  readonly newAfterQueueing: {
    readonly aboveMaximum: number
    readonly betweenJobs: number
    readonly isCapped: boolean
  }
  readonly definitionHash: string
  readonly verifiedAt: string
}

export interface FinalizeValue {
  readonly alreadyFinalized: boolean
  readonly migration: MigrationValue
  readonly run: RunValue | null
  readonly verification: VerificationValue | null
  readonly afterStatements: readonly { readonly statement: string; readonly milliseconds: number }[]
}

export interface EventValue {
  readonly id: string
  readonly at: string
  readonly migrationId: string | null
  readonly jobId: string | null
  readonly kind: string
  readonly operator: string
  readonly host: string
  readonly details: Readonly<Record<string, unknown>>
}

export interface SampleValue {
  readonly key: readonly string[]
  readonly before: Readonly<Record<string, unknown>>
  /** null when the row is gone. */
  readonly after: Readonly<Record<string, unknown>> | null
}

/** Everything that a report states. */
export interface ReportValue {
  readonly migration: MigrationStateValue
  /** Set where it was requeued or deleted: the rest is as it was then. */
  readonly archived: ArchivedValue | null
  readonly description: string | null
  readonly target: { readonly database: string; readonly server: string; readonly serverVersion: string }
  readonly generatedAt: string
  readonly timing: {
    readonly queuedAt: string
    readonly startedAt: string | null
    readonly finishedAt: string | null
    readonly workSeconds: number
    readonly rowsPerSecond: number | null
  }
  readonly failures: FailuresValue
  readonly verification:
    (VerificationValue & { readonly isStale: boolean; readonly staleBecause: readonly string[] }) | null
  readonly samples: readonly SampleValue[]
  readonly sampleColumns: readonly string[] | null
  readonly events: readonly EventValue[]
}
