import { type Sql } from '../../shared/sql.ts';
import type { Check } from '../definition.ts';
import type { AddField, CopyRows, CreateCollection, CreateTableLike, DropCollection, DropTable, Fields, Operation, RunSql, UpdateCollectionMetadata } from './definition.ts';
interface CollectionInput {
    /** How many partitions; rows are spread by SHA-256 of their routing value. */
    readonly partitions: number;
    readonly fields: Fields;
    readonly options?: {
        readonly includeRefFields?: boolean | undefined;
    } | undefined;
}
/** A table partitioned by list, with its partitions and indexes. What is there already is completed, not made anew. */
export declare function createCollection(name: string, { partitions, fields, options }: CollectionInput): CreateCollection;
/** Adds fields to a collection that an earlier migration made. */
export declare function addField(collection: string, fields: Fields): AddField;
/** Merges a record into the collection's metadata. */
export declare function updateCollectionMetadata(collection: string, metadata: Readonly<Record<string, unknown>>): UpdateCollectionMetadata;
/** Drops a collection with its partitions, and its record. One that is not there is no error. */
export declare function dropCollection(name: string): DropCollection;
interface TableLikeInput {
    readonly like: string;
    /** All columns but those of the primary key may be NULL (false). */
    readonly nullable?: boolean | undefined;
}
/** A table with the columns, defaults, checks, keys and indexes of another one, without its triggers. */
export declare function createTableLike(table: string, { like, nullable }: TableLikeInput): CreateTableLike;
interface CopyInput {
    readonly from: string;
    readonly to: string;
    /** The source's batch column ('id'). */
    readonly column?: string | undefined;
    /** Names of the source's columns; `joined_table.column` is read from the joined table. */
    readonly columns: readonly string[];
    /** Rows without a partner are not copied, counted, and reported as an exception. */
    readonly join?: {
        readonly table: string;
        readonly column?: string | undefined;
        readonly equals: string;
    } | undefined;
    /** What names the same row in both tables; it must be unique in the new one. */
    readonly onConflict: {
        readonly columns: readonly string[];
        readonly action?: 'update' | 'nothing' | undefined;
    };
    /** A column such as updated_at: a row that is newer in the new table than its source is left alone. */
    readonly newerBy?: string | undefined;
    readonly batchSize?: number | undefined;
    /** More rows than this are copied by a batched migration (1000). */
    readonly subBatchSize?: number | undefined;
}
/** Copies rows, then compares both tables chunk by chunk and copies again what differs. */
export declare function copyRows(input: CopyInput): CopyRows;
interface DropTableInput {
    /** What the operator agrees to. */
    readonly why: string;
    /** Must hold at the moment of the drop, such as "every row is in the new table". */
    readonly before?: readonly Check[] | undefined;
}
/** Drops a table, once an operator approved it. */
export declare function dropTable(table: string, { why, before }: DropTableInput): DropTable;
/** Statements of one's own, in one transaction; they must be safe to run again. */
export declare function runSql(name: string, ...statements: readonly Sql[]): RunSql;
/** Whether one of the functions above made it. */
export declare function isOperation(value: unknown): value is Operation;
export {};
