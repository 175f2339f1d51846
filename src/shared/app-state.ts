/**
 * The state on screen. The backend owns it and feeds it from what the target and its engines say; every page holds a
 * replica that starts with a snapshot and applies each event in order. Nothing here is a truth of its own.
 */
import type { AppChange, AppEvent } from './app-event.ts'
import type { MigrationStateValue, RunValue, RowCountsValue } from './cli-output.ts'
import type { ConnectionView, Link, ServerView } from './connection-view.ts'
import type { AppError } from './errors.ts'
import type { Proving } from './finalize-view.ts'
import type { Settings } from './settings.ts'
import type { SteppedView } from './stepped-view.ts'

export interface AppState {
  readonly app: {
    readonly version: string
    readonly operator: string
    readonly host: string
    /** The folder of console.db. */
    readonly dataFolder: string
    /** What the backend tells, as JSON lines. */
    readonly logFile: string
  }
  readonly settings: Settings
  readonly practice: PracticeView
  /** By connection id. */
  readonly connections: Readonly<Record<string, ConnectionView>>
  /** Open targets, by connection id. */
  readonly targets: Readonly<Record<string, TargetView>>
}

export type PracticeView =
  | { readonly kind: 'stopped' }
  | { readonly kind: 'starting'; readonly sinceMs: number; readonly steps: readonly string[] }
  | { readonly kind: 'running'; readonly connectionId: string; readonly rows: number | null }
  | { readonly kind: 'failed'; readonly error: AppError }

export interface TargetView extends TargetHead {
  /** By migration id. */
  readonly migrations: Readonly<Record<string, MigrationView>>
}

export interface TargetHead {
  readonly connectionId: string
  readonly link: Link
  readonly server: ServerView | null
  /** null: not known yet. */
  readonly isInstalled: boolean | null
  /** What is installed are GitLab's own tables: to be read, and paused, resumed and retried. */
  readonly isAttached: boolean
  /** Why its migrations cannot be read although it answers: a newer tracking schema, another framework's, a privilege. */
  readonly problem: AppError | null
  /** When its migrations were last read; they are as of then. */
  readonly readAtMs: number | null
  readonly schedule: ScheduleView
  readonly stepped: SteppedView
}

/** `work` on this connection, by this console. */
export type ScheduleView =
  | { readonly kind: 'off' }
  | { readonly kind: 'on'; readonly sinceMs: number; readonly parallel: number; readonly isStopping: boolean }
  | { readonly kind: 'failed'; readonly atMs: number; readonly error: AppError }

export interface MigrationView {
  readonly state: MigrationStateValue
  readonly readAtMs: number
  /** This console's own run, or its last one since it was opened. */
  readonly run: LiveRun | null
  readonly proving: Proving | null
}

export interface LiveRun {
  readonly runId: string
  readonly startedAtMs: number
  readonly parallel: number
  readonly isStopping: boolean
  readonly progress: ProgressView | null
  /** A sub-batch lost its connection, and whether it was committed is being found out. */
  readonly isInDoubt: boolean
  readonly end:
    { readonly atMs: number; readonly outcome: RunValue } | { readonly atMs: number; readonly error: AppError } | null
}

export interface ProgressView {
  readonly jobsRun: number
  readonly rows: RowCountsValue
  readonly totalTupleCount: number | null
  readonly percentByKey: number | null
  readonly rowsPerSecond: number
  readonly etaSeconds: { readonly low: number; readonly high: number } | null
  readonly waitingFor: string | null
}

export interface AppSnapshot {
  /** Changes when the backend was started anew: revisions of another one mean nothing. */
  readonly backendId: string
  readonly revision: number
  readonly state: AppState
}

/**
 * The state after an event. `null`: a gap lies before it, ask for a new snapshot. An event that is older than the
 * snapshot changes nothing. Streams (log, jobs) change no state but count as revisions.
 */
export function applyEvent(snapshot: AppSnapshot, event: AppEvent): AppSnapshot | null {
  if (event.backendId !== snapshot.backendId) return null
  if (event.revision <= snapshot.revision) return snapshot
  if (event.revision !== snapshot.revision + 1) return null
  return { ...snapshot, revision: event.revision, state: patchState(snapshot.state, event) }
}

/** What an event does to the state; the backend's store and every replica go through it. */
export function patchState(state: AppState, event: AppChange): AppState {
  switch (event.kind) {
    case 'settings':
      return { ...state, settings: event.settings }
    case 'practice':
      return { ...state, practice: event.practice }
    case 'connection':
      return { ...state, connections: withEntry(state.connections, event.connectionId, event.connection) }
    case 'target': {
      const migrations = state.targets[event.connectionId]?.migrations ?? {}
      const target = event.target === null ? null : { ...event.target, migrations }
      return { ...state, targets: withEntry(state.targets, event.connectionId, target) }
    }
    case 'migration': {
      const target = state.targets[event.connectionId]
      if (target === undefined) return state
      const migrations = withEntry(target.migrations, event.migrationId, event.migration)
      return { ...state, targets: { ...state.targets, [event.connectionId]: { ...target, migrations } } }
    }
    case 'log':
    case 'jobs':
      return state
  }
}

function withEntry<Value>(
  record: Readonly<Record<string, Value>>,
  key: string,
  value: Value | null,
): Readonly<Record<string, Value>> {
  const { [key]: _before, ...others } = record
  return value === null ? others : { ...others, [key]: value }
}
