/** What some sub-batches of a migration would do, found out in transactions that were rolled back. */
import type { AppError } from './errors.ts'

export interface PreviewValue {
  readonly jobClassName: string
  readonly tableName: string
  readonly columns: readonly string[]
  /** null: it was not queued; a definition was looked at. */
  readonly migrationId: string | null
  readonly jobId: string | null
  /** The first, one in the middle and the last; fewer where there are fewer. */
  readonly subBatches: readonly PreviewedSubBatch[]
  /** What could not be looked at, and why. */
  readonly notes: readonly string[]
}

export interface PreviewedSubBatch {
  readonly place: 'first' | 'middle' | 'last'
  /** Its first key, or null where it begins behind `after`. */
  readonly from: readonly string[] | null
  readonly after: readonly string[] | null
  readonly until: readonly string[]
  readonly scanned: number
  readonly changed: number
  readonly unresolved: number
  readonly quarantined: number
  readonly milliseconds: number
  readonly statements: readonly PreviewedStatement[]
  /** Rows written, table by table, by the server's own counts; triggers included. */
  readonly writes: readonly PreviewedWrites[]
  /** How many rows of the migration's own table would not be as before. */
  readonly rowsChanged: number
  /** Some of its rows, those that change first; `after` null: it is gone. */
  readonly rows: readonly PreviewedRow[]
  /** Why it failed; null: it did not. */
  readonly error: AppError | null
}

export interface PreviewedStatement {
  readonly text: string
  readonly values: readonly string[]
  /** null: the server explains no such statement. */
  readonly plan: PlanVerdict | null
}

export interface PlanVerdict {
  /** Whether an index leads to every table that it reads. */
  readonly isIndexed: boolean
  readonly detail: string
  /** The plan, one node a line, as deep as it is indented. */
  readonly nodes: readonly string[]
}

export interface PreviewedWrites {
  readonly table: string
  readonly inserted: number
  readonly updated: number
  readonly deleted: number
}

export interface PreviewedRow {
  readonly key: readonly string[]
  readonly before: Readonly<Record<string, unknown>>
  readonly after: Readonly<Record<string, unknown>> | null
}
