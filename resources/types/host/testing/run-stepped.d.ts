/** Runs a stepped migration over a practice database, and asserts what is true of every good one. */
import type { SteppedMigrationDefinition } from '../../catalogue/stepped/definition.ts';
import type { PracticeDatabase } from './practice-database.ts';
export interface SteppedRunOptions {
    /** How vectors are stored; as the server can if nothing is said: `vector` where it has pgvector, else `real`. */
    readonly vectors?: 'vector' | 'real';
    /** What the tables of collections begin with; as of a connection that names nothing if nothing is said. */
    readonly prefix?: string;
    /** Whether the operator agrees to what it asks for, such as dropping a table (false). */
    readonly approve?: boolean;
    /** Columns that a second run may change, such as updated_at. */
    readonly ignore?: readonly string[];
}
export interface SteppedRunResult {
    readonly status: 'completed' | 'skipped';
    /** Why it was passed over: `skip` says so, or nobody agreed; null where it completed. */
    readonly skippedBecause: string | null;
    /** What each completed operation found and did, by its key: counts, checksums, exceptions. */
    readonly operations: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
}
/**
 * Runs this one stepped migration of the catalogue, on the database itself as the active connection. Throws unless it
 * completed or was skipped, and where a second run of all its operations changes a row or how a table is made.
 */
export declare function runStepped(database: PracticeDatabase, definition: SteppedMigrationDefinition, options?: SteppedRunOptions): Promise<SteppedRunResult>;
