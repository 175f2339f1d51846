/**
 * What a batched migration is, as its author writes it. These are the types behind `import … from 'tranche'`
 * (the whole API is described in docs/definitions.md); the engine reads definitions through them.
 */
import type { ZodType } from 'zod'
import type { Sql } from '../shared/sql.ts'

export type JobArguments = Readonly<Record<string, unknown>>

export type StrategyName = 'primary_key' | 'keyset' | 'loose_index_scan'

/** A query's answer inside `perform`. */
export interface QueryAnswer {
  readonly rows: readonly Record<string, unknown>[]
  readonly rowCount: number
}

/** Restricts a statement to the slice: the range of the batch columns, and the scope. */
export interface SubBatch extends Sql {
  /** The same restriction for a statement that gives the table the alias `alias`. */
  on(alias: string): Sql
  /** loose_index_scan only: the slice's distinct values as a parenthesised one-column VALUES list. */
  readonly values: Sql
}

/** Writes to the run's log. */
export type Log = (
  level: 'debug' | 'info' | 'warn' | 'error',
  message: string,
  fields?: Readonly<Record<string, unknown>>,
) => void

export interface PerformContext<Args = JobArguments> {
  readonly subBatch: SubBatch
  readonly args: Args
  readonly jobId: string
  readonly migrationId: string
  /** Aborted when the run is to stop; a statement in hand is then cancelled or finished. */
  readonly signal: AbortSignal
  readonly log: Log
}

export interface QueryingContext<Args = JobArguments> extends PerformContext<Args> {
  /** Runs a statement in the sub-batch's own transaction. */
  readonly query: (statement: Sql) => Promise<QueryAnswer>
  /** Another logical database, in a transaction of its own (not atomic with this one: it must be idempotent). */
  readonly database: (name: string) => { readonly query: (statement: Sql) => Promise<QueryAnswer> }
}

export type PerformResult = Sql | Promise<{ readonly changed: number } | undefined> | Promise<void>

/** Form 1 (a statement) and form 2 (an async function); they are told apart by what they return. */
export type PerformFunction<Args = JobArguments> = (context: QueryingContext<Args>) => PerformResult

export interface TransformedRow<Value = unknown> {
  readonly key: readonly string[]
  readonly source: Readonly<Record<string, unknown>>
  /** What `transform` returned for the row; never null and never unresolved, since such rows are not written. */
  readonly value: Value
}

export interface QuarantinedRow {
  readonly key: readonly string[]
  readonly source: Readonly<Record<string, unknown>>
  readonly errorClass: string
  readonly errorMessage: string
  /** Its first lines: the error itself, then where it was thrown. */
  readonly stack: string
}

/** Form 3: application logic row by row. `transform` runs outside any transaction, in the host's worker pool. */
export interface EachRow<Args = JobArguments> {
  readonly kind: 'each_row'
  readonly select: (context: PerformContext<Args>) => Sql
  readonly transform: (row: Record<string, unknown>, context: TransformContext<Args>) => unknown
  readonly write: (rows: readonly TransformedRow[]) => Sql
  readonly onQuarantine?: ((rows: readonly QuarantinedRow[]) => Sql) | undefined
}

export interface TransformContext<Args = JobArguments> {
  readonly args: Args
  readonly log: Log
}

export type ExpectedValue = number | bigint | string

export interface ExpectationContext<Args = JobArguments> {
  /** Totals of the exceptions, by name. */
  readonly exceptions: Readonly<Record<string, number>>
  /** Rows in quarantine. */
  readonly quarantined: number
  readonly args: Args
}

export type Check<Args = JobArguments> =
  | {
      readonly kind: 'count'
      readonly name: string
      readonly query: Sql
      readonly expected: ExpectedValue | ((context: ExpectationContext<Args>) => ExpectedValue)
    }
  | { readonly kind: 'none'; readonly name: string; readonly query: Sql }
  | { readonly kind: 'equal'; readonly name: string; readonly left: Sql; readonly right: Sql }
  | {
      readonly kind: 'rows'
      readonly name: string
      readonly query: Sql
      readonly expect: (row: Record<string, unknown>) => true | string
    }

/** Rows that are legitimately left alone: counted beside the checks, and listed where `rows` is given. */
export interface Exception {
  readonly name: string
  readonly why: string
  readonly count: Sql
  readonly rows?: Sql | undefined
}

export type ErrorBudget = { readonly rows: number } | { readonly share: number }

/** A batched migration after its defaults are filled in. */
export interface BatchedMigrationDefinition {
  readonly kind: 'batched'
  readonly jobClassName: string
  readonly description: string
  readonly featureCategory: string | null
  readonly milestone: string | null
  readonly introducedByUrl: string | null
  readonly queuedMigrationVersion: string | null
  readonly database: string
  /** As the author wrote it: `table` or `schema.table`. */
  readonly table: string
  readonly columns: readonly string[]
  /** null: primary_key for one bigint or integer column, else keyset; decided when the column's type is known. */
  readonly strategy: StrategyName | null
  readonly batchSize: number
  readonly subBatchSize: number
  readonly maxBatchSize: number | null
  readonly intervalSeconds: number
  readonly pauseMs: number
  readonly errorBudget: ErrorBudget | null
  /** Declaration order is the order of the JSON array of job arguments. */
  readonly arguments: Readonly<Record<string, ZodType>>
  readonly scope: ((context: { readonly args: JobArguments }) => Sql) | null
  /** What its sub-batches are called in a job's metrics. */
  readonly operation: string
  readonly perform: PerformFunction | EachRow
  readonly before: readonly Check[]
  readonly verify: readonly Check[]
  readonly exceptions: readonly Exception[]
  /** null: samples are off. `columns` null: every column. */
  readonly samples: { readonly columns: readonly string[] | null } | null
  readonly finalizeAfter: readonly Sql[]
}

/** Where a definition came from. */
export interface DefinitionFile {
  /** The catalogue's root; absolute, links resolved. */
  readonly folder: string
  /** The definition's file, relative to the catalogue's root. */
  readonly file: string
  /** SHA-256 over the definition and every catalogue file that it imports. */
  readonly hash: string
  /** Those files and their text, relative path → source. */
  readonly files: Readonly<Record<string, string>>
  /** npm packages that it imports, `name@version`. */
  readonly packages: readonly string[]
}

/** A definition together with where it came from. */
export interface LoadedDefinition extends DefinitionFile {
  readonly definition: BatchedMigrationDefinition
}
