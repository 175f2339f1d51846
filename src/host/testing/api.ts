/** What `import … from 'tranche/testing'` gives to the tests of a catalogue. */
import { test as nodeTest } from 'node:test'
import type { BatchedMigrationDefinition } from '../../catalogue/definition.ts'
import type { SteppedMigrationDefinition } from '../../catalogue/stepped/definition.ts'
import { noticed, withoutOpenWork } from './open-work.ts'
import type { PracticeDatabase } from './practice-database.ts'
import { runBatched } from './run-batched.ts'
import type { RunOptions, RunResult } from './run-options.ts'
import { runStepped, type SteppedRunOptions, type SteppedRunResult } from './run-stepped.ts'

export { practice, type PracticeDatabase, type PracticeSchema, type Row } from './practice-database.ts'
export type { RunOptions, RunResult, SteppedRunOptions, SteppedRunResult }

/** Runs a definition over a practice database; what `runBatched` and `runStepped` assert comes for free. */
export function run(
  database: PracticeDatabase,
  definition: BatchedMigrationDefinition,
  options?: RunOptions,
): Promise<RunResult>
export function run(
  database: PracticeDatabase,
  definition: SteppedMigrationDefinition,
  options?: SteppedRunOptions,
): Promise<SteppedRunResult>
export function run(
  database: PracticeDatabase,
  definition: BatchedMigrationDefinition | SteppedMigrationDefinition,
  options: RunOptions & SteppedRunOptions = {},
): Promise<RunResult | SteppedRunResult> {
  return definition.kind === 'batched'
    ? noticed(`run(…) of ${definition.jobClassName}`, () => runBatched(database, definition, options))
    : noticed(`run(…) of ${definition.version}`, () => runStepped(database, definition, options))
}

/** One test. It fails when `body` throws, and where something that it began has not ended by then. */
export function test(name: string, body: () => Promise<void> | void): void {
  void nodeTest(name, () => withoutOpenWork(body))
}
