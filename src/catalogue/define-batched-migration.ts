import { isSql } from '../shared/sql.ts'
import type { ArgumentSchemas, BatchedMigrationInput } from './batched-migration-input.ts'
import type { BatchedMigrationDefinition } from './definition.ts'
import { readInput } from './input-schema.ts'
import { markDefinition } from './mark-definition.ts'

/**
 * Declares a batched migration. Fills in the defaults and throws a TrancheError that names every field which is not
 * as expected. The result is frozen and is what a definition file default-exports.
 */
// eslint-disable-next-line @typescript-eslint/no-generated-empty-object-type -- without arguments `args` has no names
export function defineBatchedMigration<const Schemas extends ArgumentSchemas = Record<never, never>>(
  input: BatchedMigrationInput<Schemas>,
): BatchedMigrationDefinition {
  const { column, scope, samples, finalize, ...fields } = readInput(input)
  return markDefinition({
    kind: 'batched',
    ...fields,
    columns: typeof column === 'string' ? [column] : column,
    scope: isSql(scope) ? () => scope : scope,
    samples: samples === false ? null : { columns: samples?.columns ?? null },
    finalizeAfter: finalize?.after ?? [],
  })
}
