import type { JobArguments, LoadedDefinition } from '../catalogue/definition.ts'
import { TrancheError } from '../shared/errors.ts'
import type { BatchingStrategy, Scoped } from './batching/strategy.ts'
import { type CheckSample, findingText, runCheck, SAMPLED_KEYS } from './checks.ts'
import { type EngineContext, inTransaction } from './context.ts'
import type { RequestedRange } from './requested-range.ts'
import { assertSampleColumns } from './samples.ts'
import type { CheckResult } from './types.ts'

interface Examined {
  readonly loaded: LoadedDefinition
  readonly args: JobArguments
  readonly scoped: Scoped
  readonly strategy: BatchingStrategy
  readonly range: RequestedRange
  readonly searchPath: string
}

/**
 * What must hold before a migration may be queued. Throws precondition_failed with each one that does not, what was
 * expected and found, and the rows that say why; column_missing for samples of a column that is not there.
 */
export async function assertPreconditions(context: EngineContext, examined: Examined): Promise<void> {
  const failing: CheckResult[] = []
  for await (const result of checkPreconditions(context, examined)) if (!result.holds) failing.push(result)
  const [first] = failing
  if (first !== undefined) throw notHeld(examined, first, failing)
  await assertSamples(context, examined)
}

/** After the preconditions: where one of them asks for the column, its absence is no mistake of the definition. */
export async function assertSamples(context: EngineContext, { loaded, scoped }: Examined): Promise<void> {
  const columns = loaded.definition.samples?.columns ?? []
  if (columns.length === 0) return
  await inTransaction(context, (transaction) => assertSampleColumns(transaction, scoped.table, columns))
}

/** Each precondition with what was found, one after the other. */
export async function* checkPreconditions(context: EngineContext, examined: Examined): AsyncGenerator<CheckResult> {
  const { definition } = examined.loaded
  if (definition.before.length === 0) return
  const sample = await sampleKeys(context, examined)
  for (const check of definition.before) {
    yield await runCheck(context, check, {
      searchPath: examined.searchPath,
      expectation: { exceptions: {}, quarantined: 0, args: examined.args },
      sample,
    })
  }
}

function notHeld({ loaded }: Examined, first: CheckResult, failing: readonly CheckResult[]): TrancheError {
  const { jobClassName } = loaded.definition
  const message =
    failing.length === 1
      ? `precondition "${first.name}" of ${jobClassName} does not hold: ${findingText(first)}`
      : [
          `${String(failing.length)} preconditions of ${jobClassName} do not hold:`,
          ...failing.map((result) => `  "${result.name}": ${findingText(result)}`),
        ].join('\n')
  const told = failing.map(({ name: check, expected, found, rows }) => ({ check, expected, found, rows }))
  return new TrancheError('precondition_failed', message, {
    remedy: 'Bring the database to the state that the definition expects, then queue again.',
    details: { ...told[0], failing: told },
  })
}

async function sampleKeys(
  context: EngineContext,
  { loaded, scoped, strategy, range, searchPath }: Examined,
): Promise<CheckSample | null> {
  if (!loaded.definition.before.some(({ kind }) => kind === 'rows')) return null
  const asked = { from: range.min, until: range.max }
  const keys = await inTransaction(
    context,
    (transaction) => strategy.spread(transaction, scoped, asked, SAMPLED_KEYS),
    { isPlanning: true, searchPath, statementTimeoutMs: context.limits.checkTimeoutMs },
  )
  return { table: scoped.table, keys }
}
