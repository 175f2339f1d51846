/** The mark of what `define…Migration` returned. */
import type { BatchedMigrationDefinition } from './definition.ts'
import type { SteppedMigrationDefinition } from './stepped/definition.ts'

// Symbol.for: a definition stays one when another copy of this module looks at it.
const DEFINITION = Symbol.for('tranche.definition')

/** Not enumerable, so that a spread copy, which nobody validated, is not taken for a definition. */
export function markDefinition<Definition extends object>(definition: Definition): Definition {
  Object.defineProperty(definition, DEFINITION, { value: true })
  return Object.freeze(definition)
}

/** Whether a value was made by `defineBatchedMigration` or `defineSteppedMigration`. */
export function isDefinition(value: unknown): value is BatchedMigrationDefinition | SteppedMigrationDefinition {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, DEFINITION)
}
