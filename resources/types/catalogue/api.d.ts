/** What `import … from 'tranche'` gives to the definitions of a catalogue. */
export type { ArgumentsOf, ArgumentSchemas, BatchedMigrationInput } from './batched-migration-input.ts';
export { check } from './check.ts';
export { defineBatchedMigration } from './define-batched-migration.ts';
export { defineSteppedMigration, type SteppedMigrationInput } from './stepped/define-stepped-migration.ts';
export type { BatchedMigrationDefinition, Check, EachRow, ErrorBudget, Exception, ExpectationContext, JobArguments, PerformContext, PerformFunction, QuarantinedRow, QueryAnswer, QueryingContext, StrategyName, SubBatch, TransformContext, TransformedRow, } from './definition.ts';
export { eachRow, type EachRowInput } from './each-row.ts';
export { unresolved, type Unresolved } from './row-outcome.ts';
export type { Field, Fields, Operation, SkipContext, SteppedMigrationDefinition } from './stepped/definition.ts';
export { bigint, boolean, integer, keyword, smallint, text, vector } from './stepped/fields.ts';
export { addField, copyRows, createCollection, createTableLike, dropCollection, dropTable, runSql, updateCollectionMetadata, } from './stepped/operations.ts';
export { type Sql, sql, values } from '../shared/sql.ts';
export { z } from 'zod';
