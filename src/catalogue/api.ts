/** What `import … from 'tranche'` gives to the definitions of a catalogue. */
export type { ArgumentsOf, ArgumentSchemas, BatchedMigrationInput } from './batched-migration-input.ts'
export { check } from './check.ts'
export { defineBatchedMigration } from './define-batched-migration.ts'
export type {
  BatchedMigrationDefinition,
  Check,
  EachRow,
  ErrorBudget,
  Exception,
  ExpectationContext,
  JobArguments,
  PerformContext,
  PerformFunction,
  QuarantinedRow,
  QueryAnswer,
  QueryingContext,
  StrategyName,
  SubBatch,
  TransformContext,
  TransformedRow,
} from './definition.ts'
export { eachRow, type EachRowInput } from './each-row.ts'
export { unresolved, type Unresolved } from './row-outcome.ts'
export { type Sql, sql, values } from '../shared/sql.ts'
export { z } from 'zod'
