/** Rows that could not be transformed: they stay as they are, and are remembered with why. */
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

/** What `quarantine --json` answers. */
export interface QuarantineValue {
  /** In the order in which they came. */
  readonly rows: readonly QuarantinedRowValue[]
  /** What `--after` is to be for those behind them; null: that was all. */
  readonly next: string | null
}
