import { z } from 'zod'
import { TrancheError } from '../../shared/errors.ts'
import { describeProblems, type InputProblem } from '../input-problems.ts'
import * as rules from '../input-rules.ts'
import { markDefinition } from '../mark-definition.ts'
import type { Operation, SkipContext, SteppedMigrationDefinition } from './definition.ts'
import { isOperation } from './operations.ts'

/** A stepped migration as its author writes it. */
export interface SteppedMigrationInput {
  /** 14 digits, the same as in the file's name. */
  readonly version: string
  /** One paragraph for the operator. */
  readonly description?: string | undefined
  /** The release that introduced it, such as '17.10'. */
  readonly milestone?: string | undefined
  /** Logical database ('main'). */
  readonly database?: string | undefined
  /** Whether there is nothing to do here; asked again at each run, so a skipped one may come back. */
  readonly skip?: ((context: SkipContext) => Promise<boolean> | boolean) | undefined
  /** In the order in which they run; each safe to run again. */
  readonly operations: readonly Operation[]
}

const inputSchema = z.strictObject({
  version: rules.version,
  description: rules.text.optional(),
  milestone: rules.milestone.optional(),
  database: rules.databaseName.default('main'),
  skip: z
    .custom<NonNullable<SteppedMigrationInput['skip']>>((value) => typeof value === 'function', {
      error: 'expected a function',
    })
    .optional(),
  operations: z
    .array(z.custom<Operation>(isOperation, { error: 'expected what createCollection, copyRows, runSql … return' }), {
      error: 'expected an array of operations',
    })
    .min(1, { error: 'expected at least one operation' }),
})

/** Declares a stepped migration. Throws definition_invalid naming every field that is not as expected. */
export function defineSteppedMigration(input: SteppedMigrationInput): SteppedMigrationDefinition {
  const parsed = inputSchema.safeParse(input)
  const problems: readonly InputProblem[] = parsed.success
    ? repeatedKeys(parsed.data.operations)
    : parsed.error.issues.map(({ path, message }) => ({ path, message }))
  if (!parsed.success || problems.length > 0) {
    throw new TrancheError('definition_invalid', describeProblems(input, problems), {
      remedy: 'Correct the definition as the message says, then open the catalogue again.',
    })
  }
  const { version, description, milestone, database, skip, operations } = parsed.data
  return markDefinition({
    kind: 'stepped' as const,
    ...{ version, database, operations },
    description: description ?? null,
    milestone: milestone ?? null,
    skip: skip ?? null,
  })
}

/** A completion is kept under the key: two operations of one key would be one. */
function repeatedKeys(operations: readonly Operation[]): readonly InputProblem[] {
  return operations.flatMap(({ key }, index) =>
    operations.findIndex((operation) => operation.key === key) === index
      ? []
      : [{ path: ['operations', index], message: `is a second ${key}; expected each operation once` }],
  )
}
