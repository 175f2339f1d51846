/** What queueing would do, found out without writing anything: range, estimate, statement, and what stands against it. */
import { toAppError, TrancheError } from '../shared/errors.ts'
import type { PlannedRange, PreflightCheck } from '../shared/queue-plan.ts'
import { authorSearchPath } from './author-search-path.ts'
import { findingText } from './checks.ts'
import type { KeyRange } from './batching/key-range.ts'
import { type EngineContext, inTransaction } from './context.ts'
import { type FirstStatement, firstStatement } from './first-statement.ts'
import type { Knobs } from './knobs.ts'
import { checkLongTransactions, checkServer, checkTableFree, checkTriggers, failed } from './preflight.ts'
import { assertSamples, checkPreconditions } from './preconditions.ts'
import { fixRange } from './queued-range.ts'
import { examineTarget, findDuplicate, type Order, type Queueing, readOrder } from './queueing.ts'
import { listWarnings } from './queue-warnings.ts'
import { kindOfError } from './target/sqlstate.ts'
import { assertInstalled } from './tracking/schema-state.ts'
import type { Migration, QueueRequest } from './types.ts'

const LOOKING_TIMEOUT_MS = 5_000

export interface Plan extends FirstStatement {
  readonly definitionHash: string
  /** null where the table could not be examined; the failed check says why. */
  readonly tableName: string | null
  readonly strategy: string | null
  readonly range: PlannedRange
  readonly knobs: Knobs
  readonly preflight: readonly PreflightCheck[]
  readonly duplicate: Migration | null
}

/** Throws unknown_class, invalid_arguments, invalid_setting for a request that cannot be; everything else is a check. */
export async function planQueue(context: EngineContext, request: QueueRequest): Promise<Plan> {
  const order = readOrder(context, request)
  const server = checkServer(await context.facts())
  const installed = await checking('tracking schema', 'installed', () =>
    inTransaction(context, (transaction) => assertInstalled(transaction, context.tables.schema)),
  )
  const examined = await examine(context, order)
  const base = { definitionHash: order.loaded.hash, knobs: order.knobs }
  if (examined.queueing === null) {
    return {
      ...base,
      tableName: null,
      strategy: null,
      range: { kind: 'unknown', because: examined.check.detail },
      statement: null,
      statementUnknownBecause: examined.check.detail,
      preflight: [server, installed, examined.check],
      duplicate: null,
    }
  }
  const { queueing } = examined
  const isInstalled = installed.outcome === 'holds'
  const range = await planRange(context, queueing)
  return {
    ...base,
    ...(await look(context, queueing, range)),
    tableName: queueing.scoped.table.qualifiedName,
    strategy: queueing.strategyName,
    range,
    preflight: [server, installed, examined.check, ...(await checkTable(context, queueing, { range, isInstalled }))],
    duplicate: isInstalled ? ((await findDuplicate(context, queueing))?.migration ?? null) : null,
  }
}

/** The statement of its first sub-batch, for reading; whatever stands against it is the reason why there is none. */
export async function planStatement(context: EngineContext, request: QueueRequest): Promise<FirstStatement> {
  try {
    const { queueing, check } = await examine(context, readOrder(context, { force: true, ...request }))
    if (queueing === null) return { statement: null, statementUnknownBecause: check.detail }
    return await look(context, queueing, await planRange(context, queueing))
  } catch (error) {
    if (!(error instanceof TrancheError) || kindOfError(error) === 'connection') throw error
    return { statement: null, statementUnknownBecause: error.message }
  }
}

async function examine(
  context: EngineContext,
  order: Order,
): Promise<{ readonly queueing: Queueing | null; readonly check: PreflightCheck }> {
  const { force = false } = order.request
  let queueing: Queueing | null = null
  const check = await checking('table and batch column', 'there, uniquely indexed and readable', async () => {
    const searchPath = await authorSearchPath(context)
    queueing = await inTransaction(context, (transaction) => examineTarget(transaction, context, order, searchPath), {
      isPlanning: true,
      searchPath,
    })
  })
  if (check.outcome === 'failed' || !force) return { queueing, check }
  const detail = 'there and readable; what else is asked of a batch column is passed over (force)'
  return { queueing, check: { ...check, outcome: 'warns', detail } }
}

async function planRange(context: EngineContext, queueing: Queueing): Promise<PlannedRange> {
  try {
    const range = await inTransaction(context, (transaction) => fixRange(transaction, queueing, queueing.range), {
      isPlanning: true,
      searchPath: queueing.searchPath,
    })
    return range === null
      ? { kind: 'empty' }
      : { kind: 'known', min: range.min, max: range.max, estimatedRows: range.estimate }
  } catch (error) {
    return { kind: 'unknown', because: reasonOf(error) }
  }
}

/** The first sub-batch as it would be planned; where that takes too long, the statement over the whole range. */
async function look(context: EngineContext, queueing: Queueing, range: PlannedRange): Promise<FirstStatement> {
  if (range.kind !== 'known')
    return {
      statement: null,
      statementUnknownBecause: range.kind === 'empty' ? 'no row lies in the range' : range.because,
    }
  const { strategy, scoped, knobs } = queueing
  const whole: KeyRange = { from: range.min, until: range.max }
  const plan = await inTransaction(
    context,
    (transaction) =>
      strategy.plan(transaction, scoped, whole, { limit: knobs.subBatchSize, subBatchSize: knobs.subBatchSize }),
    { isPlanning: true, searchPath: queueing.searchPath, statementTimeoutMs: LOOKING_TIMEOUT_MS },
  ).catch((error: unknown) => {
    if (kindOfError(error) === 'connection') throw error
    return null
  })
  if (plan === null) return firstStatement(queueing, whole)
  const [first] = plan.slices
  return firstStatement(queueing, { from: plan.min, until: first?.end ?? plan.max }, first?.values)
}

async function checkTable(
  context: EngineContext,
  queueing: Queueing,
  { range, isInstalled }: { readonly range: PlannedRange; readonly isInstalled: boolean },
): Promise<readonly PreflightCheck[]> {
  const preconditions: PreflightCheck[] = []
  for await (const result of checkPreconditions(context, queueing)) {
    const { name, holds, expected, found } = result
    preconditions.push(
      holds
        ? { name, outcome: 'holds', detail: expected === 'no row' ? 'no row against it' : found, remedy: null }
        : failed(name, findingText(result), 'Bring the database to the state that the definition expects.'),
    )
  }
  const samples = await checking('columns of samples', 'there', () => assertSamples(context, queueing))
  // A precondition that does not hold may be why they are missing.
  if (samples.outcome === 'failed' && preconditions.every(({ outcome }) => outcome === 'holds'))
    preconditions.push(samples)
  const { scoped, searchPath } = queueing
  const bounds = range.kind === 'known' ? { from: range.min, until: range.max } : null
  // A scope that the server refuses is why the range is unknown; that is told there.
  const warnings =
    range.kind === 'unknown'
      ? []
      : await inTransaction(context, (transaction) => listWarnings(transaction, queueing, bounds), {
          isPlanning: true,
          searchPath,
        })
  return inTransaction(context, async (transaction) => [
    ...preconditions,
    ...(isInstalled ? [await checkTableFree(transaction, context, scoped)] : []),
    ...warnings,
    await checkTriggers(transaction, scoped),
    await checkLongTransactions(transaction),
  ])
}

/** A refusal is a failed check; a connection that broke is not. */
async function checking(name: string, detail: string, action: () => Promise<void>): Promise<PreflightCheck> {
  try {
    await action()
    return { name, outcome: 'holds', detail, remedy: null }
  } catch (error) {
    if (!(error instanceof TrancheError) || kindOfError(error) === 'connection') throw error
    return failed(name, error.message, error.remedy)
  }
}

function reasonOf(error: unknown): string {
  if (kindOfError(error) === 'connection') throw error
  return toAppError(error).message
}
