/** A batched migration as its author writes it: what an editor offers inside `defineBatchedMigration({ … })`. */
import type { output, ZodType } from 'zod';
import type { Sql } from '../shared/sql.ts';
import type { Check, EachRow, ErrorBudget, Exception, PerformFunction, StrategyName } from './definition.ts';
export type ArgumentSchemas = Readonly<Record<string, ZodType>>;
/** The parsed job arguments behind their schemas. */
export type ArgumentsOf<Schemas extends ArgumentSchemas> = {
    readonly [Name in keyof Schemas]: output<Schemas[Name]>;
};
export interface BatchedMigrationInput<Schemas extends ArgumentSchemas> {
    /** Letters, digits, `_` and `::`, at most 100; unique in the catalogue. */
    readonly jobClassName: string;
    /** One paragraph for the operator. */
    readonly description: string;
    readonly featureCategory?: string | undefined;
    /** The release that introduced it, such as '18.1'. */
    readonly milestone?: string | undefined;
    readonly introducedByUrl?: string | undefined;
    /** 14 digits, such as '20260101000000'. */
    readonly queuedMigrationVersion?: string | undefined;
    /** Logical database ('main'). */
    readonly database?: string | undefined;
    /** 'table' or 'schema.table'. */
    readonly table: string;
    /** The batch column, or the columns of a composite keyset. */
    readonly column: string | readonly string[];
    /** (primary_key for one bigint or integer column, else keyset) */
    readonly strategy?: StrategyName | undefined;
    /** Rows of one job (1000). */
    readonly batchSize?: number | undefined;
    /** Rows of one statement, in one transaction (100). */
    readonly subBatchSize?: number | undefined;
    /** How far the optimizer may raise the batch size; null: no limit (null). */
    readonly maxBatchSize?: number | null | undefined;
    /** From the start of one job to the start of the next, where it is paced (120). */
    readonly intervalSeconds?: number | undefined;
    /** Between two sub-batches (100). */
    readonly pauseMs?: number | undefined;
    /** How many rows may be quarantined, or which share of the rows scanned, from 1000 on. */
    readonly errorBudget?: ErrorBudget | undefined;
    /** Job arguments; their order is the order of the JSON array. */
    readonly arguments?: Schemas | undefined;
    /** Narrows batching and sub-batches alike; not with loose_index_scan. */
    readonly scope?: Sql | ((context: {
        readonly args: ArgumentsOf<Schemas>;
    }) => Sql) | undefined;
    /** What its sub-batches are called in metrics (perform). */
    readonly operation?: string | undefined;
    /** One statement, an async function, or `eachRow({ … })`. Must be safe to run again on the same slice. */
    readonly perform: PerformFunction<ArgumentsOf<Schemas>> | EachRow<ArgumentsOf<Schemas>>;
    /** Must hold before it may be queued. */
    readonly before?: readonly Check<ArgumentsOf<Schemas>>[] | undefined;
    /** Prove that the migration did its work. */
    readonly verify?: readonly Check<ArgumentsOf<Schemas>>[] | undefined;
    /** Rows that are legitimately left alone: counted, and listed where `rows` is given. */
    readonly exceptions?: readonly Exception[] | undefined;
    /** What before and after show (every column whose value differs); false turns it off. */
    readonly samples?: {
        readonly columns: readonly string[];
    } | false | undefined;
    /** Statements for after the last check; each safe to run twice, each in its own transaction. */
    readonly finalize?: {
        readonly after?: readonly Sql[] | undefined;
    } | undefined;
}
