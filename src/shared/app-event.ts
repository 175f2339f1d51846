/**
 * The one stream from the backend to its pages. Revisions follow each other without a gap; a page that misses one asks for a
 * new snapshot. Events about one thing are coalesced (at most one in 250 ms, at once when a job ends).
 */
import type { MigrationView, PracticeView, TargetHead } from './app-state.ts'
import type { ConnectionView } from './connection-view.ts'
import type { LogEntry } from './history-view.ts'
import type { JobCell } from './job-view.ts'
import type { Settings } from './settings.ts'

export type AppChange =
  | { readonly kind: 'settings'; readonly settings: Settings }
  | { readonly kind: 'practice'; readonly practice: PracticeView }
  /** null: it was removed. */
  | { readonly kind: 'connection'; readonly connectionId: string; readonly connection: ConnectionView | null }
  /** Everything of a target but its migrations: it opened, was lost, came back, was read. null: it was closed. */
  | { readonly kind: 'target'; readonly connectionId: string; readonly target: TargetHead | null }
  | {
      readonly kind: 'migration'
      readonly connectionId: string
      readonly migrationId: string
      readonly migration: MigrationView | null
    }
  /** New lines of the log, oldest first; they are in `events.page` as well. */
  | {
      readonly kind: 'log'
      readonly connectionId: string
      readonly migrationId: string | null
      readonly entries: readonly LogEntry[]
    }
  /** Cells of the strip that are new or changed; sent for migrations that a page watches. */
  | {
      readonly kind: 'jobs'
      readonly connectionId: string
      readonly migrationId: string
      readonly cells: readonly JobCell[]
    }

export type AppEvent = AppChange & { readonly backendId: string; readonly revision: number }

/** What a transport itself tells its page: the way to the backend broke, or is there again. It is no part of the sequence. */
export type LinkEvent = { readonly kind: 'backend_lost'; readonly message: string } | { readonly kind: 'backend_back' }
