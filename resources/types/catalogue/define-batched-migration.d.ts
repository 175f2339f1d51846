import type { ArgumentSchemas, BatchedMigrationInput } from './batched-migration-input.ts';
import type { BatchedMigrationDefinition } from './definition.ts';
/**
 * Declares a batched migration. Fills in the defaults and throws a TrancheError that names every field which is not
 * as expected. The result is frozen and is what a definition file default-exports.
 */
export declare function defineBatchedMigration<const Schemas extends ArgumentSchemas = Record<never, never>>(input: BatchedMigrationInput<Schemas>): BatchedMigrationDefinition;
