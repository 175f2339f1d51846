/** What this console remembers of targets, readable without them. Ages are told: it is a copy. */
import type { MigrationStateValue } from './cli-output.ts'
import type { AppError } from './errors.ts'
import type { JobStatus } from './status.ts'

export interface RunView {
  readonly runId: string
  readonly connectionId: string
  readonly connectionName: string
  readonly migrationId: string
  readonly jobClassName: string
  readonly kind: 'run' | 'finalize'
  readonly operator: string
  readonly host: string
  readonly parallel: number
  readonly startedAtMs: number
  /** null: it runs, or the console was ended under it; then `reason` is null too and `isOver` tells which. */
  readonly endedAtMs: number | null
  readonly isOver: boolean
  readonly reason: string | null
  readonly jobsRun: number
  readonly scanned: number
  readonly changed: number
  readonly error: AppError | null
}

/** One line of the log: an operator's action, a transition of a job, or something that only this console saw. */
export interface LogEntry {
  /** Of the local copy; grows with time of arrival. */
  readonly entryId: string
  readonly origin: 'journal' | 'transition' | 'console'
  readonly atMs: number
  readonly migrationId: string | null
  readonly jobId: string | null
  readonly kind: string
  /** null where the target does not tell (transitions). */
  readonly operator: string | null
  readonly host: string | null
  readonly details: Readonly<Record<string, unknown>>
}

/** An entry as history tells it: also without the target, and of tracking schemas that were there before the present one. */
export interface JournalEntry extends LogEntry {
  /** null where it is about no migration, or about one that was never copied. */
  readonly jobClassName: string | null
  /** Its migration was in an earlier tracking schema of this connection; the present one may count the same ids anew. */
  readonly isEarlier: boolean
}

export interface TransitionView {
  readonly transitionId: string
  readonly jobId: string
  readonly atMs: number
  readonly previousStatus: JobStatus
  readonly nextStatus: JobStatus
  readonly exceptionClass: string | null
  readonly exceptionMessage: string | null
}

export interface MigrationCopy {
  readonly connectionId: string
  readonly connectionName: string
  readonly state: MigrationStateValue
  /** When the target said so. */
  readonly copiedAtMs: number
}
