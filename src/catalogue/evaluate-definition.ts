import type { BatchedMigrationDefinition } from './definition.ts'
import type { SteppedMigrationDefinition } from './stepped/definition.ts'
import type { Problem } from './catalogue.ts'
import { moduleAddress } from './catalogue-path.ts'
import { isDefinition } from './mark-definition.ts'
import { type Evaluation, EvaluationTimeout } from './evaluation.ts'
import { problemOfThrown } from './import-problem.ts'
import { isRecord } from './input-rules.ts'

/** Imports a definition file, whose imports have been judged, and takes its default export. */
export async function evaluateDefinition(
  file: string,
  evaluation: Evaluation,
): Promise<BatchedMigrationDefinition | SteppedMigrationDefinition | Problem> {
  try {
    const exports = await within(evaluation.limitMs, importModule(moduleAddress(evaluation.generation, file)))
    if (!isRecord(exports) || !('default' in exports)) return unusable(file, 'has no default export')
    const { default: definition } = exports
    return isDefinition(definition) ? definition : unusable(file, `default-exports ${nounOf(definition)}`)
  } catch (thrown) {
    return problemOfThrown(thrown, file, evaluation)
  }
}

// Vite looks at every import() and cannot know what this one will be.
function importModule(address: string): Promise<unknown> {
  return import(/* @vite-ignore */ address)
}

/** A top-level await that never ends would otherwise hold up the whole catalogue. */
async function within<Value>(limitMs: number, work: Promise<Value>): Promise<Value> {
  let timer: NodeJS.Timeout | undefined
  const timeout = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      reject(new EvaluationTimeout(limitMs))
    }, limitMs)
  })
  try {
    return await Promise.race([work, timeout])
  } finally {
    clearTimeout(timer)
  }
}

function unusable(file: string, message: string): Problem {
  return {
    at: { file, line: null, column: null },
    code: 'definition_invalid',
    message: `${message}; expected export default defineBatchedMigration({ … }) or defineSteppedMigration({ … })`,
    remedy: 'Export the definition, or move a helper into a folder whose name begins with _.',
  }
}

function nounOf(value: unknown): string {
  if (value instanceof Promise) return 'a promise'
  if (value === null || value === undefined) return String(value)
  if (Array.isArray(value)) return 'an array'
  if (isRecord(value) && 'jobClassName' in value) return 'an object that defineBatchedMigration did not return'
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`
}
