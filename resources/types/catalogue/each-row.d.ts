/** Form 3 of `perform`: application logic row by row. */
import type { Sql } from '../shared/sql.ts';
import type { EachRow, JobArguments, PerformContext, QuarantinedRow, TransformContext, TransformedRow } from './definition.ts';
import type { Unresolved } from './row-outcome.ts';
export interface EachRowInput<Value, Row extends object, SelectArgs, TransformArgs> {
    /** Reads the slice's rows; must return the batch columns. A read of its own, outside the writing transaction. */
    readonly select: (context: PerformContext<SelectArgs>) => Sql;
    /** A plain value to write, `null` for an unchanged row, or `unresolved('why')`. A throw quarantines the row. */
    readonly transform: (row: Row, context: TransformContext<TransformArgs>) => Value | Promise<Value>;
    /** Writes the values; commits with the progress. */
    readonly write: (rows: readonly TransformedRow<Exclude<Value, null | Unresolved>>[]) => Sql;
    /** May record the quarantined rows, in the same transaction. */
    readonly onQuarantine?: ((rows: readonly QuarantinedRow[]) => Sql) | undefined;
}
/**
 * Row by row: `select` reads, `transform` decides outside any transaction, `write` writes what it returned.
 * TypeScript settles this call before it reads the schemas beside it, so the values of `args` are unknown unless a
 * context is annotated (`TransformContext<{ from: string }>`); the annotation is held against the schemas.
 */
export declare function eachRow<Value, Row extends object = Record<string, unknown>, SelectArgs = JobArguments, TransformArgs = JobArguments>(input: EachRowInput<Value, Row, SelectArgs, TransformArgs>): EachRow<SelectArgs & TransformArgs>;
