export { practice, type PracticeDatabase, type PracticeSchema, type Row } from './practice-database.ts';
export { run, type RunOptions, type RunResult } from './run-definition.ts';
/** One test. It fails when `body` throws. */
export declare function test(name: string, body: () => Promise<void> | void): void;
