/** A catalogue as `tranche list --json` answers it. */

interface DefinitionValue {
  readonly jobClassName: string
  readonly description: string
  readonly file: string
  readonly hash: string
  readonly table: string
  readonly columns: readonly string[]
  readonly database: string
  readonly arguments: readonly string[]
  /** npm packages that it imports, `name@version`. */
  readonly packages: readonly string[]
}

/** A file of a stepped migration; where it stands is told by `stepped list`. */
export interface SteppedFileValue {
  readonly version: string
  readonly name: string
  readonly file: string
  readonly hash: string
  readonly milestone: string | null
  readonly packages: readonly string[]
}

export interface BrokenFileValue {
  readonly file: string
  readonly line: number | null
  readonly column: number | null
  readonly code: string
  readonly message: string
  readonly remedy: string
}

export interface CatalogueValue {
  readonly folder: string
  readonly definitions: readonly DefinitionValue[]
  /** By version. */
  readonly stepped: readonly SteppedFileValue[]
  readonly broken: readonly BrokenFileValue[]
}
