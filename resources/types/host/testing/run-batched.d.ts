/** Runs a definition over a practice database, and asserts what is true of every good one. */
import type { BatchedMigrationDefinition } from '../../catalogue/definition.ts';
import type { PracticeDatabase } from './practice-database.ts';
export interface RunOptions {
    /** Job arguments, in declaration order. */
    readonly args?: readonly unknown[];
    /** Small by default (7 and 3), so that a few rows make several jobs and sub-batches. */
    readonly batchSize?: number;
    readonly subBatchSize?: number;
    /** The other logical databases that the definition reaches. */
    readonly databases?: Readonly<Record<string, PracticeDatabase>>;
    /** Columns that a second run may change, such as updated_at. */
    readonly ignore?: readonly string[];
    /** Whether the author's own checks must hold (true). */
    readonly verify?: boolean;
    /** Whether it must change nothing outside of its sub-batch (true); false where that is meant, such as a row's parent. */
    readonly staysInSubBatch?: boolean;
}
export interface RunResult {
    /** Of the first run. */
    readonly rows: {
        readonly scanned: number;
        readonly changed: number;
        readonly unresolved: number;
        readonly quarantined: number;
    };
    readonly jobs: number;
    readonly checks: readonly {
        readonly name: string;
        readonly holds: boolean;
        readonly found: string;
    }[];
    readonly exceptions: readonly {
        readonly name: string;
        readonly count: number | string;
    }[];
}
/**
 * Queues the definition, runs it to its end and verifies it. Throws unless it finished, the jobs cover its range, every
 * row of the table in its scope was visited once, nothing outside of a sub-batch changed with it, its checks hold, and a second
 * run changes nothing.
 */
export declare function runBatched(database: PracticeDatabase, definition: BatchedMigrationDefinition, options?: RunOptions): Promise<RunResult>;
