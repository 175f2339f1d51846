/** What a stepped migration is, as its author writes it: an ordered, version-numbered list of re-runnable operations. */
import type { Sql } from '../../shared/sql.ts';
import type { Check, DefinitionFile, QueryAnswer } from '../definition.ts';
export type FieldType = 'bigint' | 'integer' | 'smallint' | 'boolean' | 'keyword' | 'text' | 'vector';
/** A field of a collection, as `bigint()`, `keyword()`, `vector({ dimensions: 768 })` … make it. */
export interface Field {
    readonly type: FieldType;
    readonly isIndexed: boolean;
    /** Of a vector; null for every other type. */
    readonly dimensions: number | null;
}
export type Fields = Readonly<Record<string, Field>>;
interface OperationBase {
    /** Unique in its migration: its completion is kept under it. */
    readonly key: string;
    /** One line for the operator. */
    readonly description: string;
}
export interface CreateCollection extends OperationBase {
    readonly kind: 'create_collection';
    readonly collection: string;
    readonly partitions: number;
    readonly fields: Fields;
    readonly includeRefFields: boolean;
}
export interface AddField extends OperationBase {
    readonly kind: 'add_field';
    readonly collection: string;
    readonly fields: Fields;
}
export interface UpdateCollectionMetadata extends OperationBase {
    readonly kind: 'update_collection_metadata';
    readonly collection: string;
    readonly metadata: Readonly<Record<string, unknown>>;
}
export interface DropCollection extends OperationBase {
    readonly kind: 'drop_collection';
    readonly collection: string;
}
export interface CreateTableLike extends OperationBase {
    readonly kind: 'create_table_like';
    readonly table: string;
    readonly like: string;
    /** All columns but those of the primary key lose NOT NULL. */
    readonly isNullable: boolean;
}
/** A column of the new table, and the table that it is read from. */
export interface CopiedColumn {
    readonly name: string;
    /** null: from the source; else the name of the joined table. */
    readonly from: string | null;
}
export interface CopyRows extends OperationBase {
    readonly kind: 'copy_rows';
    readonly from: string;
    readonly to: string;
    /** The source's batch column. */
    readonly column: string;
    readonly columns: readonly CopiedColumn[];
    readonly join: {
        readonly table: string;
        readonly column: string;
        readonly equals: string;
    } | null;
    readonly onConflict: {
        readonly columns: readonly string[];
        readonly action: 'update' | 'nothing';
    };
    /** A copied row that is newer by this column than its source is left as it is. */
    readonly newerBy: string | null;
    readonly batchSize: number;
    readonly subBatchSize: number;
}
export interface DropTable extends OperationBase {
    readonly kind: 'drop_table';
    readonly table: string;
    readonly why: string;
    /** Must hold at the moment of the drop. */
    readonly before: readonly Check[];
}
export interface RunSql extends OperationBase {
    readonly kind: 'run_sql';
    readonly statements: readonly Sql[];
}
export type Operation = CreateCollection | AddField | UpdateCollectionMetadata | DropCollection | CreateTableLike | CopyRows | DropTable | RunSql;
export interface SkipContext {
    /** Reads the database on which the operations act; nothing can be written. */
    readonly query: (statement: Sql) => Promise<QueryAnswer>;
}
/** A stepped migration after its defaults are filled in. */
export interface SteppedMigrationDefinition {
    readonly kind: 'stepped';
    /** 14 digits, as in the file's name. */
    readonly version: string;
    readonly description: string | null;
    readonly milestone: string | null;
    readonly database: string;
    readonly skip: ((context: SkipContext) => Promise<boolean> | boolean) | null;
    readonly operations: readonly Operation[];
}
export interface LoadedSteppedMigration extends DefinitionFile {
    readonly definition: SteppedMigrationDefinition;
    /** From the file's name: `create_code_embeddings`. */
    readonly name: string;
}
/** A file of a stepped migration that is there and cannot be used. */
export interface BrokenSteppedFile {
    readonly version: string;
    /** From the file's name; null where that says none. */
    readonly name: string | null;
    readonly file: string;
    readonly line: number | null;
    readonly message: string;
    readonly remedy: string;
}
export {};
