import type { JobArguments, LoadedDefinition } from '../catalogue/definition.ts'
import { TrancheError } from '../shared/errors.ts'
import type { BatchingStrategy, Scoped } from './batching/strategy.ts'
import { type CheckSample, runCheck, SAMPLED_KEYS } from './checks.ts'
import { type EngineContext, inTransaction } from './context.ts'
import type { RequestedRange } from './requested-range.ts'
import type { CheckResult } from './types.ts'

interface Examined {
  readonly loaded: LoadedDefinition
  readonly args: JobArguments
  readonly scoped: Scoped
  readonly strategy: BatchingStrategy
  readonly range: RequestedRange
  readonly searchPath: string
}

/** What must hold before a migration may be queued. Throws precondition_failed with what was expected and found. */
export async function assertPreconditions(context: EngineContext, examined: Examined): Promise<void> {
  for await (const result of checkPreconditions(context, examined)) if (!result.holds) throw notHeld(examined, result)
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

function notHeld({ loaded }: Examined, { name, expected, found, rows }: CheckResult): TrancheError {
  return new TrancheError(
    'precondition_failed',
    `precondition "${name}" of ${loaded.definition.jobClassName} does not hold: expected ${expected}, found ${found}`,
    {
      remedy: 'Bring the database to the state that the definition expects, then queue again.',
      details: { check: name, expected, found, rows },
    },
  )
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
