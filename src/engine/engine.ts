/** The engine's public face. It holds no state of its own: the truth is in the target's tracking tables. */
import type {
  FailureReport, FinalizeOptions, FinalizeOutcome, KnobChanges, Migration, MigrationState, QueueOutcome, QueueRequest,
  ReportData, RunOptions, RunOutcome, TrackedEvent, Verification,
} from './types.ts'

export interface InstallOutcome {
  /** false when it was installed already. */
  readonly installed: boolean
  readonly schema: string
  readonly schemaVersion: number
}

export interface Engine {
  /** Creates the tracking schema; idempotent. Throws schema_newer, schema_attached, privilege_missing. */
  install(): Promise<InstallOutcome>
  /** Whether the tracking schema is there. */
  isInstalled(): Promise<boolean>
  /** Drops the tracking schema with everything in it. Throws not_installed. */
  uninstall(): Promise<void>
  queue(request: QueueRequest): Promise<QueueOutcome>
  /** All migrations, oldest first. */
  list(): Promise<readonly MigrationState[]>
  /** By id, or by job class name where that is unique. Throws unknown_migration, ambiguous_migration. */
  get(reference: string): Promise<MigrationState>
  run(migrationId: string, options?: RunOptions): Promise<RunOutcome>
  /** Scheduler ticks for all active migrations, paced. Resolves when the signal is aborted, or after one pass with `once`. */
  work(options: { readonly once?: boolean; readonly parallel?: number; readonly signal?: AbortSignal }): Promise<{ readonly jobsRun: number }>
  pause(migrationId: string): Promise<Migration>
  resume(migrationId: string): Promise<Migration>
  set(migrationId: string, changes: KnobChanges): Promise<Migration>
  /** Failed jobs get their attempts back (cursor kept) and the migration becomes active. */
  retry(migrationId: string, filter?: { readonly jobId?: string; readonly group?: string }): Promise<{ readonly retried: number; readonly migration: Migration }>
  /** Resolves when the migration is finished, finalized, failed or paused. Throws wait_timeout. */
  wait(migrationId: string, options: { readonly timeoutSeconds?: number; readonly signal?: AbortSignal }): Promise<Migration>
  failures(migrationId: string, filter?: { readonly jobId?: string; readonly group?: string }): Promise<FailureReport>
  verify(migrationId: string, options?: { readonly signal?: AbortSignal }): Promise<Verification>
  finalize(migrationId: string, options?: FinalizeOptions): Promise<FinalizeOutcome>
  report(migrationId: string): Promise<ReportData>
  /** Tracked events in ascending order, behind `after` (an event id). */
  events(migrationId: string, options?: { readonly after?: string }): Promise<readonly TrackedEvent[]>
  /** Subscribes to live events; returns the unsubscribe function. A listener that throws is logged and ignored. */
  on<Name extends keyof EngineEvents>(name: Name, listener: (event: EngineEvents[Name]) => void): () => void
}
