import type { BatchedMigrationDefinition, JobArguments } from '../../catalogue/definition.ts'
import { TrancheError } from '../../shared/errors.ts'
import { isSql, type Sql } from '../../shared/sql.ts'

/** The definition's scope under these arguments; null: every row. Throws definition_invalid where it is no fragment. */
export function scopeOf(
  { jobClassName, scope }: Pick<BatchedMigrationDefinition, 'jobClassName' | 'scope'>,
  args: JobArguments,
): Sql | null {
  if (scope === null) return null
  const fragment: unknown = callScope(jobClassName, () => scope({ args }))
  if (isSql(fragment)) return fragment
  throw invalid(jobClassName, `returned ${String(fragment)}; expected an SQL fragment, written sql\`…\``)
}

function callScope(jobClassName: string, call: () => unknown): unknown {
  try {
    return call()
  } catch (error) {
    throw invalid(jobClassName, `threw ${error instanceof Error ? error.message : String(error)}`, error)
  }
}

function invalid(jobClassName: string, what: string, cause?: unknown): TrancheError {
  return new TrancheError('definition_invalid', `${jobClassName}: the scope ${what}`, {
    remedy: 'Correct the scope in the definition.',
    details: { fields: ['scope'] },
    cause,
  })
}
