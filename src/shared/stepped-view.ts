/**
 * Stepped migrations as scripts (`tranche stepped … --json`) and pages see them. Ids are strings, times ISO text in UTC;
 * docs/cli.md lists the same for readers.
 */
import type { AppError } from './errors.ts'
import type { SteppedStatus } from './stepped-status.ts'

/** Where the operations act, and how. */
export interface SteppedConnectionValue {
  readonly id: string
  readonly name: string
  readonly isActive: boolean
  /** null: the database that holds the records; else a logical database's name, or an address without a password. */
  readonly adapter: string | null
  readonly prefix: string
  /** `real`: the operator chose to do without the vector type and its indexes. */
  readonly vectorStorage: 'vector' | 'real'
  readonly isIndexingEnabled: boolean
}

export interface SteppedCollectionValue {
  readonly name: string
  readonly numberOfPartitions: number
  readonly metadata: Readonly<Record<string, unknown>>
}

export interface SteppedOperationValue {
  /** Unique in its migration. */
  readonly key: string
  /** What it does, in one line. */
  readonly description: string
  /** null: not completed yet. */
  readonly completedAt: string | null
  /** What it found and did: counts, checksums, exceptions. */
  readonly result: Readonly<Record<string, unknown>> | null
}

export interface SteppedFileProblem {
  /** From 1; null where nothing tells. */
  readonly line: number | null
  readonly message: string
  readonly remedy: string
}

export interface SteppedApproval {
  readonly by: string
  readonly at: string
}

export interface SteppedMigrationValue {
  readonly version: string
  /** From the file's name; null where the file is gone or no catalogue is open. */
  readonly name: string | null
  readonly file: string | null
  /** Why the file cannot be used; nothing runs behind it until it can, or it was skipped. null: it can. */
  readonly problem: SteppedFileProblem | null
  readonly milestone: string | null
  readonly description: string | null
  /** null: there is no record yet; the next run makes one. */
  readonly status: SteppedStatus | null
  readonly retriesLeft: number
  readonly startedAt: string | null
  readonly completedAt: string | null
  /** Of the last try that failed, `Class: message`; null where it is completed or skipped by now. */
  readonly errorMessage: string | null
  readonly skippedBecause: string | null
  /** What an operator skipped stays so; the others are asked again at each run. */
  readonly skippedBy: 'operator' | 'definition' | 'gate' | null
  /** What an operator has to agree to before it runs; null: nothing waits for one. */
  readonly needsApproval: string | null
  /** Who agreed to it, and when; a reset withdraws it. */
  readonly approved: SteppedApproval | null
  /** What is left of it waits for that, as its last run found; null: it waits for nothing but a run. */
  readonly waitsFor: string | null
  readonly operations: readonly SteppedOperationValue[]
  /** The definition was changed since the last run of it. */
  readonly hasDrifted: boolean
}

export interface SteppedWorkerValue {
  readonly runnerId: string
  readonly operator: string
  readonly host: string
  readonly pid: number
  readonly heartbeatAt: string
  readonly isLive: boolean
}

/** How the last run on a connection ended, whoever ran it. */
export interface SteppedLastRun {
  readonly at: string
  readonly message: string
  readonly operator: string
  readonly host: string
}

export interface SteppedListValue {
  /** The active one. */
  readonly connection: SteppedConnectionValue | null
  readonly connections: readonly SteppedConnectionValue[]
  /** Who holds the lease on the active connection, or held it last without giving it back. */
  readonly worker: SteppedWorkerValue | null
  /** By version. */
  readonly migrations: readonly SteppedMigrationValue[]
  readonly collections: readonly SteppedCollectionValue[]
  /** The failed migration behind which everything halts. */
  readonly haltedBy: string | null
  /** On the active connection; null: none, or somebody changed something by hand since. */
  readonly lastRun: SteppedLastRun | null
  /** Id of the log's newest line, of any connection: whoever shows the log reads on when it changes. null: no line yet. */
  readonly newestLogId: string | null
}

/** Where a migration stands, in one word for the command line and the console. */
export type SteppedStanding =
  | SteppedStatus
  | 'no_record'
  | 'approved' //            runs at the next run
  | 'waits_for_approval' //  passed over until somebody agrees to what it drops
  | 'waiting' //             in progress; others have to do something first
  | 'file_unusable' //       nothing runs behind it

type Standing = Pick<
  SteppedMigrationValue,
  'status' | 'problem' | 'needsApproval' | 'approved' | 'skippedBy' | 'waitsFor'
>

export function standingOf(migration: Standing): SteppedStanding {
  const { status, problem, needsApproval, approved, skippedBy, waitsFor } = migration
  if (status === 'completed' || status === 'failed') return status
  if (needsApproval !== null) return 'waits_for_approval'
  // Passed over for a text that its file no longer has; what was agreed to is what it says now.
  if (status === 'skipped' && skippedBy === 'gate') return approved === null ? 'waits_for_approval' : 'approved'
  if (status === 'skipped') return status
  if (problem !== null) return 'file_unusable'
  if (status === 'in_progress') return waitsFor === null ? status : 'waiting'
  if (approved !== null) return 'approved'
  return status ?? 'no_record'
}

export const STANDING_WORDS = {
  no_record: 'no record yet',
  pending: 'pending',
  approved: 'approved, pending',
  in_progress: 'in progress',
  waiting: 'in progress, waits',
  waits_for_approval: 'waits for approval',
  file_unusable: 'file cannot be used',
  completed: 'completed',
  skipped: 'skipped',
  failed: 'failed',
} as const satisfies Record<SteppedStanding, string>

export type SteppedReason =
  | 'completed' //       every operation of one migration is completed
  | 'partial' //         something is left of it that others do; run again in 30 s
  | 'tried' //           a try failed, tries are left; run again in 30 s
  | 'failed' //          the last try failed
  | 'skipped' //         its definition, or a gate, says so
  | 'idle' //            nothing is pending
  | 'halted' //          a failed one blocks what is behind it
  | 'busy' //            another worker holds the lease
  | 'not_configured' //  no active connection
  | 'disabled' //        indexing is switched off on the connection
  | 'file_unusable' //   the file of the next one cannot be loaded
  | 'taken_over' //      this worker was declared dead
  | 'aborted' //         this process was asked to stop

/** One run of the worker: at most one migration advances. */
export interface SteppedRunValue {
  readonly reason: SteppedReason
  readonly version: string | null
  readonly message: string
}

export interface SteppedLogValue {
  readonly id: string
  readonly at: string
  /** Its name; null: the line belongs to none, or to one that is gone. */
  readonly connection: string | null
  /** The lines of one run share it. */
  readonly runId: string | null
  readonly version: string | null
  readonly level: 'info' | 'warn' | 'error'
  readonly message: string
  readonly previousStatus: SteppedStatus | null
  readonly nextStatus: SteppedStatus | null
  readonly operator: string
  readonly host: string
  readonly details: Readonly<Record<string, unknown>>
}

/** What `tranche stepped VERB --json` answers. */
export type SteppedValue =
  | ({ readonly verb: 'list' } & SteppedListValue)
  | { readonly verb: 'work'; readonly runs: readonly SteppedRunValue[] }
  | { readonly verb: 'retry' | 'skip' | 'approve'; readonly migration: SteppedMigrationValue }
  | { readonly verb: 'reset'; readonly migrations: readonly SteppedMigrationValue[] }
  | { readonly verb: 'logs'; readonly logs: readonly SteppedLogValue[] }
  | { readonly verb: 'connect' | 'disconnect'; readonly connection: SteppedConnectionValue | null }

/** Stepped migrations of an open target, on screen. */
export interface SteppedView {
  /** As it was read last; null: not yet, or nothing is installed. */
  readonly list: SteppedListValue | null
  readonly worker: SteppedWorkView
}

/** This console's own worker. */
export type SteppedWorkView =
  | { readonly kind: 'off'; readonly lastRun: SteppedRunValue | null }
  | {
      readonly kind: 'on'
      readonly sinceMs: number
      readonly isStopping: boolean
      readonly lastRun: SteppedRunValue | null
      /** When it goes on by itself; null: it is at work now. */
      readonly nextTurnAtMs: number | null
    }
  | { readonly kind: 'failed'; readonly atMs: number; readonly error: AppError }
