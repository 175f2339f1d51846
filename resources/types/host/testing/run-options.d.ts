/** What a test may say of a run over a practice database, and what it hears of it. */
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
    /** How many rows the first run must put into quarantine (0). */
    readonly quarantined?: number;
    /**
     * Of eachRow: whether `select` must return every row of its slice. Where nothing is said, it may leave rows out if it
     * leaves out more of them behind the run, since it then asks for what is still to do. false: it may leave out any.
     */
    readonly selectsEveryRow?: boolean;
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
