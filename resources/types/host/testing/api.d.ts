import type { BatchedMigrationDefinition } from '../../catalogue/definition.ts';
import type { SteppedMigrationDefinition } from '../../catalogue/stepped/definition.ts';
import type { PracticeDatabase } from './practice-database.ts';
import type { RunOptions, RunResult } from './run-options.ts';
import { type SteppedRunOptions, type SteppedRunResult } from './run-stepped.ts';
export { practice, type PracticeDatabase, type PracticeSchema, type Row } from './practice-database.ts';
export type { RunOptions, RunResult, SteppedRunOptions, SteppedRunResult };
/** Runs a definition over a practice database; what `runBatched` and `runStepped` assert comes for free. */
export declare function run(database: PracticeDatabase, definition: BatchedMigrationDefinition, options?: RunOptions): Promise<RunResult>;
export declare function run(database: PracticeDatabase, definition: SteppedMigrationDefinition, options?: SteppedRunOptions): Promise<SteppedRunResult>;
/** One test. It fails when `body` throws, and where something that it began has not ended by then. */
export declare function test(name: string, body: () => Promise<void> | void): void;
