/** Validates what an author passed to `defineBatchedMigration` and fills in the defaults of docs/definitions.md. */
import { z, type ZodType } from 'zod'
import { TrancheError } from '../shared/errors.ts'
import { describeProblems, type InputProblem } from './input-problems.ts'
import * as rules from './input-rules.ts'

const exception = z.strictObject(
  { name: rules.text, why: rules.text, count: rules.statement, rows: rules.statement.optional() },
  { error: 'expected { name, why, count, rows }' },
)

const inputSchema = z.strictObject(
  {
    jobClassName: rules.className,
    description: rules.text,
    featureCategory: optional(rules.text),
    milestone: optional(rules.milestone),
    introducedByUrl: optional(rules.url),
    queuedMigrationVersion: optional(rules.version),
    database: rules.databaseName.default('main'),
    table: rules.tableName,
    column: rules.columnNames,
    strategy: optional(
      z.enum(['primary_key', 'keyset', 'loose_index_scan'], {
        error: 'expected primary_key, keyset or loose_index_scan',
      }),
    ),
    batchSize: rules.positiveInteger.default(1000),
    subBatchSize: rules.positiveInteger.default(100),
    maxBatchSize: optional(rules.positiveInteger.nullable()),
    intervalSeconds: rules.intervalSeconds.default(120),
    pauseMs: rules.pauseMs.default(100),
    errorBudget: optional(rules.errorBudget),
    arguments: rules.argumentSchemas.default({}),
    scope: optional(rules.scope),
    operation: rules.operation.default('perform'),
    perform: rules.perform,
    before: listOf(rules.check),
    verify: listOf(rules.check),
    exceptions: listOf(exception),
    samples: rules.samples.optional(),
    finalize: z.strictObject({ after: listOf(rules.statement) }, { error: 'expected { after: [sql`…`] }' }).optional(),
  },
  { error: 'expected an object with the fields of a batched migration' },
)

export type ReadInput = z.output<typeof inputSchema>

export function readInput(input: unknown): ReadInput {
  const parsed = inputSchema.safeParse(input)
  const problems = parsed.success ? contradictions(parsed.data) : parsed.error.issues.flatMap(problemsOf)
  if (parsed.success && problems.length === 0) return parsed.data
  const message = describeProblems(input, problems)
  throw new TrancheError('definition_invalid', message, {
    remedy: 'Correct the definition as the message says, then open the catalogue again.',
    details: { fields: [...new Set(problems.map(({ path }) => String(path[0] ?? '')))] },
  })
}

function optional<Value>(schema: ZodType<Value>) {
  return schema.optional().transform((value) => value ?? null)
}

function listOf<Value>(schema: ZodType<Value>) {
  return z.array(schema, { error: 'expected an array' }).default([])
}

function problemsOf(issue: z.core.$ZodIssue): readonly InputProblem[] {
  if (issue.code !== 'unrecognized_keys') return [{ path: issue.path, message: issue.message }]
  return issue.keys.map((key) => ({ path: [...issue.path, key], message: 'is not a known field' }))
}

/** What no field shows by itself. */
function contradictions(input: ReadInput): readonly InputProblem[] {
  const { batchSize, subBatchSize, maxBatchSize, strategy } = input
  const isComposite = typeof input.column !== 'string' && input.column.length > 1
  const problems: readonly (InputProblem | false)[] = [
    batchSize < subBatchSize && {
      path: ['batchSize'],
      message: `expected at least the sub-batch size, ${String(subBatchSize)}: a job is made of sub-batches`,
    },
    maxBatchSize !== null &&
      maxBatchSize < batchSize && {
        path: ['maxBatchSize'],
        message: `expected at least the batch size, ${String(batchSize)}, or null for no limit`,
      },
    strategy === 'loose_index_scan' &&
      input.scope !== null && {
        path: ['scope'],
        message:
          'expected none under loose_index_scan, which reads distinct values and not rows; put the condition into perform',
      },
    strategy !== null &&
      strategy !== 'keyset' &&
      isComposite && {
        path: ['strategy'],
        message: "expected 'keyset' for several batch columns, or one column",
      },
    ...requiredAfterOptional(input.arguments),
    ...repeatedNames('before', input.before),
    ...repeatedNames('verify', input.verify),
    ...repeatedNames('exceptions', input.exceptions),
  ]
  return problems.filter((problem) => problem !== false)
}

/** The arguments are a JSON array: one may only be omitted when all behind it are. */
function requiredAfterOptional(schemas: Readonly<Record<string, ZodType>>): readonly InputProblem[] {
  const entries = Object.entries(schemas)
  const firstOptional = entries.findIndex(([, schema]) => acceptsUndefined(schema))
  if (firstOptional === -1) return []
  return entries.slice(firstOptional).flatMap(([name, schema]) =>
    acceptsUndefined(schema)
      ? []
      : [
          {
            path: ['arguments', name],
            message: `is required but stands behind the optional ${String(entries[firstOptional]?.[0])}; only trailing arguments may be omitted`,
          },
        ],
  )
}

function acceptsUndefined(schema: ZodType): boolean {
  try {
    return schema.safeParse(undefined).success
  } catch {
    return false // an asynchronous schema, or an author's own function that met a value it did not foresee
  }
}

function repeatedNames(field: string, items: readonly { readonly name: string }[]): readonly InputProblem[] {
  return items.flatMap(({ name }, index) =>
    items.findIndex((item) => item.name === name) === index
      ? []
      : [{ path: [field, index, 'name'], message: 'expected a name of its own: another one of the list has it' }],
  )
}
