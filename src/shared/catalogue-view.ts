/** The catalogue as pages see it: definitions, what became of each on this connection, and files that cannot be used. */
import type { BrokenFileValue } from './cli-output.ts'
import type { MigrationStatus } from './status.ts'
import type { SteppedMigrationValue } from './stepped-view.ts'

/** One row that a definition left in the tracking tables of this target. */
export interface QueuedAs {
  readonly migrationId: string
  readonly status: MigrationStatus
  readonly jobArguments: readonly unknown[]
  readonly percent: number | null
  /** Failed jobs that used their attempts. */
  readonly blockedJobs: number
  readonly createdAt: string
  readonly finishedAt: string | null
  /** The definition was changed since it was queued. */
  readonly hasDrifted: boolean
}

export interface CatalogueEntry {
  readonly jobClassName: string
  readonly description: string
  readonly file: string
  readonly hash: string
  readonly table: string
  readonly columns: readonly string[]
  readonly database: string
  /** How `perform` is written: one statement, a function, or row by row. */
  readonly form: 'statement' | 'function' | 'each_row'
  readonly checkCount: number
  /** Oldest first; empty: never queued here. null: unknown, the target is not open. */
  readonly queuedAs: readonly QueuedAs[] | null
}

export interface CatalogueView {
  readonly folder: string
  readonly entries: readonly CatalogueEntry[]
  /** What their files say, by version; where they stand is in the target's state, once the tracking schema is installed. */
  readonly stepped: readonly SteppedMigrationValue[]
  readonly broken: readonly BrokenFileValue[]
  readonly readAtMs: number
}

export interface StatementView {
  /** With `$1…` for what is bound. */
  readonly text: string
  readonly values: readonly string[]
}

export interface ArgumentView {
  readonly name: string
  readonly isRequired: boolean
  /** JSON Schema 2020-12 of what may be given; null where the author's schema has no such form. */
  readonly schema: Readonly<Record<string, unknown>> | null
}

export interface DossierCheck {
  readonly name: string
  readonly kind: 'count' | 'none' | 'equal' | 'rows'
  readonly statements: readonly StatementView[]
}

export interface Dossier {
  readonly entry: CatalogueEntry
  readonly featureCategory: string | null
  readonly milestone: string | null
  readonly introducedByUrl: string | null
  readonly queuedMigrationVersion: string | null
  readonly packages: readonly string[]
  /** Relative paths of the definition and the catalogue files that it imports. */
  readonly files: readonly string[]
  readonly source: string
  readonly knobs: KnobsView
  readonly arguments: readonly ArgumentView[]
  /** What runs for the first sub-batch; null where only running it tells, and then `statementUnknownBecause` says why. */
  readonly statement: StatementView | null
  readonly statementUnknownBecause: string | null
  readonly scope: StatementView | null
  readonly before: readonly DossierCheck[]
  readonly verify: readonly DossierCheck[]
  readonly exceptions: readonly { readonly name: string; readonly why: string; readonly count: StatementView }[]
  readonly finalizeAfter: readonly StatementView[]
}

export interface KnobsView {
  readonly batchSize: number
  readonly subBatchSize: number
  readonly maxBatchSize: number | null
  readonly intervalSeconds: number
  readonly pauseMs: number
}
