/**
 * The three forms of `perform`, brought to one: what happens outside the sub-batch's transaction, which statement may travel
 * in the guard's flight, and what is left to do before the progress is written.
 */
import type { EachRow, PerformContext, QuarantinedRow, QueryingContext, SubBatch } from '../catalogue/definition.ts'
import { TrancheError } from '../shared/errors.ts'
import { isSql, type Sql } from '../shared/sql.ts'
import type { EngineContext } from './context.ts'
import type { Drive } from './drive.ts'
import { prepareRows } from './row-performer.ts'
import type { Answer } from './target/flight.ts'
import { query } from './target/transaction.ts'

export interface Outcome {
  readonly changed: number
  readonly unresolved: number
  readonly quarantined: readonly QuarantinedRow[]
}

export interface Prepared {
  /** Sent in one flight with the guard; null where nothing can be known before the transaction is open. */
  readonly statement: Sql | null
  /** Runs inside the open, guarded transaction. `answer` is that of `statement`. */
  finish(run: (statement: Sql) => Promise<Answer>, answer: Answer | null): Promise<Outcome>
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
  const base = performContext(context, drive, jobId, subBatch)
  if (typeof perform !== 'function') return prepareRows(context, drive, perform as EachRow, base)
  const gate = new Gate()
  const querying: QueryingContext = {
    ...base,
    query: async (statement) => gate.query(statement),
    database: (name) => ({ query: async (statement) => queryOther(context, name, statement) }),
  }
  const result = perform(querying)
  return isSql(result) ? prepareStatement(result) : prepareFunction(result, gate)
}

function prepareStatement(statement: Sql): Prepared {
  return {
    statement,
    finish: (_run, answer) => Promise.resolve({ changed: answer?.rowCount ?? 0, unresolved: 0, quarantined: [] }),
    abandon() {
      // nothing was started
    },
  }
}

/** The author's function is already running; its first query waits at the gate until the guard let the transaction through. */
function prepareFunction(result: Promise<{ readonly changed: number } | undefined | void>, gate: Gate): Prepared {
  const settled = Promise.resolve(result)
  // Its rejection is told by `finish`; when the transaction never opens, the reason for that is the error to tell.
  settled.catch(() => undefined)
  return {
    statement: null,
    async finish(run) {
      gate.open(run)
      try {
        const returned = await settled
        return { changed: returned?.changed ?? gate.rowCount, unresolved: 0, quarantined: [] }
      } finally {
        gate.close(new Error('this sub-batch is over: a query of it was not awaited'))
      }
    },
    abandon(reason) {
      gate.close(reason)
    },
  }
}

/** Holds back the queries of form 2 until its transaction is open, and refuses them once it is over. */
class Gate {
  rowCount = 0
  readonly #opened: Promise<(statement: Sql) => Promise<Answer>>
  #resolve: (run: (statement: Sql) => Promise<Answer>) => void = () => undefined
  #reject: (reason: unknown) => void = () => undefined
  #closed: { readonly reason: unknown } | null = null

  constructor() {
    this.#opened = new Promise((resolve, reject) => {
      this.#resolve = resolve
      this.#reject = reject
    })
    this.#opened.catch(() => undefined)
  }

  async query(statement: Sql): Promise<Answer> {
    const run = await this.#opened
    if (this.#closed !== null) throw this.#closed.reason
    const answer = await run(statement)
    if (answer.command !== 'SELECT') this.rowCount += answer.rowCount
    return answer
  }

  open(run: (statement: Sql) => Promise<Answer>): void {
    this.#resolve(run)
  }

  close(reason: unknown): void {
    this.#closed ??= { reason }
    this.#reject(reason)
  }
}

function performContext({ emitter }: EngineContext, drive: Drive, jobId: string, subBatch: SubBatch): PerformContext {
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

/** Another logical database: a transaction of its own, so the statement there must be safe to repeat. */
async function queryOther({ otherDatabases }: EngineContext, name: string, statement: Sql): Promise<Answer> {
  const target = otherDatabases.get(name)
  if (target === undefined) {
    throw new TrancheError(
      'unknown_connection',
      `the definition asks for the database "${name}", which no target was given for`,
      {
        remedy: 'Run it from a host that maps this logical database to a target.',
      },
    )
  }
  return target.withClient((client) => query(client, statement))
}
