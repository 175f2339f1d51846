/** Rows that could not be migrated: nothing of the migration's is written to them, and they are remembered with why. */
export interface QuarantinedRowValue {
  /** Of the entry; grows, and names the page behind it. */
  readonly id: string
  readonly jobId: string
  /** Of the row, column by column. */
  readonly key: readonly string[]
  readonly errorClass: string
  readonly errorMessage: string
  /** Its first lines; null where the error has none. */
  readonly stack: string | null
  readonly at: string
}

/**
 * Whether the author's `onQuarantine` was given these rows, and may have changed them; without one they are as before. null: not
 * known, since the definition that was queued is not in the catalogue.
 */
export type HasOnQuarantine = boolean | null

export interface QuarantinedRows {
  readonly rows: readonly QuarantinedRowValue[]
  readonly hasOnQuarantine: HasOnQuarantine
}

/** What `quarantine --json` answers. */
export interface QuarantineValue {
  /** In the order in which they came. */
  readonly rows: readonly QuarantinedRowValue[]
  readonly hasOnQuarantine: HasOnQuarantine
  /** What `--after` is to be for those behind them; null: that was all. */
  readonly next: string | null
}
