/**
 * The three forms of `perform`, brought to one: what happens outside the sub-batch's transaction, which statement may travel
 * in the guard's flight, and what is left to do before the progress is written.
 */
import type { PerformContext, QuarantinedRow, QueryAnswer, QueryingContext, SubBatch } from '../catalogue/definition.ts'
import { isSql, type Sql } from '../shared/sql.ts'
import type { EngineContext } from './context.ts'
import type { Drive } from './drive.ts'
import { Gate, refuseTransactionControl, type Run } from './gate.ts'
import { Misuse } from './misuse.ts'
import { queryOther } from './other-database.ts'
import { prepareRows } from './row-performer.ts'
import type { Answer } from './target/flight.ts'
import type { UnresolvedReasons } from './unresolved-reasons.ts'

/** As long as the server lets a transaction of ours be idle. */
const IDLE_LIMIT_MS = 10_000

/** One part of a sub-batch that is measured by itself. */
export interface Operation {
  readonly name: string
  readonly milliseconds: number
  /** null where it has no rows, or failed. */
  readonly affectedRows: number | null
}

export interface Outcome {
  readonly changed: number
  readonly unresolved: number
  readonly unresolvedReasons: UnresolvedReasons
  readonly quarantined: readonly QuarantinedRow[]
  /** What was measured within the sub-batch, beside the sub-batch as a whole. */
  readonly parts: readonly Operation[]
}

/** Of a sub-batch in which no row is told of by itself. */
export const NO_OUTCOME: Outcome = { changed: 0, unresolved: 0, unresolvedReasons: {}, quarantined: [], parts: [] }

export interface Prepared {
  /** One statement and nothing else, before or behind it: its row count is the outcome, so it may fly with others. */
  readonly isStatic: boolean
  /** Sent in one flight with the guard; null where nothing can be known before the transaction is open. */
  readonly statement: Sql | null
  /** Runs inside the open, guarded transaction. `answer` is that of `statement`. */
  finish(run: Run, answer: Answer | null): Promise<Outcome>
  /** The transaction did not open, or was rolled back before `finish`. */
  abandon(reason: unknown): void
}

/** Prepares one sub-batch, outside any transaction. Called anew for each try of it. */
export async function prepare(
  context: EngineContext,
  drive: Drive,
  { jobId, subBatch }: { readonly jobId: string; readonly subBatch: SubBatch },
): Promise<Prepared> {
  const { perform } = drive.loaded.definition
  const base = performContext(context, drive, { jobId, subBatch })
  if (typeof perform !== 'function') return prepareRows(context, drive, { perform, performContext: base })
  const gate = new Gate(Math.min(IDLE_LIMIT_MS, context.limits.statementTimeoutMs))
  const querying: QueryingContext = {
    ...base,
    query: (statement) => gate.query(statement),
    database: (name) => ({ query: (statement) => silenced(queryOther(context, name, statement)) }),
  }
  const result: unknown = perform(querying)
  if (isSql(result)) return prepareStatement(result)
  if (isThenable(result)) return prepareFunction(result, gate)
  throw new Misuse(`perform returned ${String(result)}; expected sql\`…\` or a promise (is a return missing?)`)
}

function prepareStatement(statement: Sql): Prepared {
  refuseTransactionControl(statement)
  return {
    isStatic: true,
    statement,
    finish: (_run, answer) => Promise.resolve(outcomeOf(answer ?? undefined)),
    abandon() {
      // nothing was started
    },
  }
}

const TRANSACTION_CONTROL = new Set(['BEGIN', 'START', 'COMMIT', 'ROLLBACK', 'PREPARE'])

/** What a static statement did, by its command tag. */
export function outcomeOf(answer: Answer | undefined): Outcome {
  if (answer === undefined || TRANSACTION_CONTROL.has(answer.command))
    throw new Misuse(`perform’s statement answered ${answer?.command ?? 'nothing'}; it must leave the transaction open`)
  return { ...NO_OUTCOME, changed: answer.rowCount }
}

/** The author's function is already running; its first query waits at the gate until the guard let the transaction through. */
function prepareFunction(result: PromiseLike<unknown>, gate: Gate): Prepared {
  // Its rejection is told by `finish`; when the transaction never opens, the reason for that is the error to tell.
  const settled = silenced(Promise.resolve(result))
  return {
    isStatic: false,
    statement: null,
    async finish(run) {
      gate.open(run)
      try {
        const returned = await Promise.race([settled, gate.idle])
        await gate.settle()
        return { ...NO_OUTCOME, changed: changedOf(returned) ?? gate.rowCount }
      } catch (error) {
        await gate.settle().catch(() => undefined)
        throw gate.tell(error)
      } finally {
        gate.close(new Error('this sub-batch is over'))
      }
    },
    abandon(reason) {
      gate.close(reason)
    },
  }
}

/** null: the sum of the row counts is meant. The answer of a last query, returned for brevity, counts as nothing said. */
function changedOf(returned: unknown): number | null {
  if (returned === undefined || isAnswer(returned)) return null
  if (isSql(returned)) throw new Misuse('perform returned a statement that it did not run: await ctx.query(sql`…`)')
  const changed: unknown =
    typeof returned === 'object' && returned !== null && 'changed' in returned ? returned.changed : null
  if (typeof changed === 'number' && Number.isSafeInteger(changed) && changed >= 0) return changed
  throw new Misuse(
    `perform returned ${JSON.stringify(returned)}; expected nothing, or { changed } with a number of rows`,
  )
}

function isAnswer(value: unknown): value is QueryAnswer {
  return typeof value === 'object' && value !== null && 'rowCount' in value && 'rows' in value
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function'
}

/** The same promise; should nobody await it, its rejection does not end the process. */
function silenced<T>(promise: Promise<T>): Promise<T> {
  promise.catch(() => undefined)
  return promise
}

export function performContext(
  { emitter }: EngineContext,
  drive: Drive,
  { jobId, subBatch }: { readonly jobId: string; readonly subBatch: SubBatch },
): PerformContext {
  const migrationId = drive.migration.id
  return {
    subBatch,
    args: drive.args,
    jobId,
    migrationId,
    signal: drive.signal,
    log(level, message, fields = {}) {
      emitter.emit('definition:log', { migrationId, jobId, level, message, fields })
    },
  }
}
