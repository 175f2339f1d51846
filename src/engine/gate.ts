/**
 * `ctx.query` of form 2. The author's function runs before its transaction is open, so its first query waits here; and
 * whatever it does with its queries (forgets to await one, swallows an error), nothing half-done may be committed.
 */
import { compileSql, type Sql } from '../shared/sql.ts'
import { Misuse } from './misuse.ts'
import type { Answer } from './target/flight.ts'
import { kindOfError } from './target/sqlstate.ts'

/** They would end the transaction under the guard. A savepoint of the author's own, and the way back to it, do not. */
const ENDS_TRANSACTION =
  /^(?:\s|--[^\n]*\n|\/\*[\s\S]*?\*\/)*(?:BEGIN|START|COMMIT|END|ABORT|PREPARE\s+TRANSACTION|ROLLBACK(?!\s+(?:(?:WORK|TRANSACTION)\s+)?TO\b))\b/i

export type Run = (statement: Sql) => Promise<Answer>

export class Gate {
  /** Rows that the statements changed so far, as PostgreSQL reports them. */
  rowCount = 0
  readonly #opened: Promise<Run>
  #inAir = 0
  #all: Promise<unknown> = Promise.resolve()
  #resolve: (run: Run) => void = () => undefined
  #reject: (reason: unknown) => void = () => undefined
  #isOpen = false
  #isClosed = false
  /** Why the transaction is broken; null again once a statement went through, which then was ROLLBACK TO SAVEPOINT. */
  #failure: { readonly error: unknown } | null = null

  /** Rejects when the transaction was open for too long without a query. */
  readonly idle: Promise<never>
  readonly #idleLimitMs: number
  #idleTimer: NodeJS.Timeout | undefined
  #onIdle: (reason: unknown) => void = () => undefined

  constructor(idleLimitMs: number) {
    this.#idleLimitMs = idleLimitMs
    this.idle = new Promise<never>((_resolve, reject) => {
      this.#onIdle = reject
    })
    this.idle.catch(() => undefined)
    this.#opened = new Promise((resolve, reject) => {
      this.#resolve = resolve
      this.#reject = reject
    })
    this.#opened.catch(() => undefined)
  }

  query(statement: Sql): Promise<Answer> {
    const answer = this.#run(statement)
    // Nobody may have awaited it; the very promise that the author got must not end the process by being rejected.
    this.#all = Promise.allSettled([this.#all, answer])
    return answer
  }

  async #run(statement: Sql): Promise<Answer> {
    this.#inAir += 1
    clearTimeout(this.#idleTimer)
    try {
      refuseTransactionControl(statement)
      const run = await this.#opened
      if (this.#isClosed) throw new Error('this sub-batch is over; a query of it came too late')
      return await this.#send(run, statement)
    } finally {
      this.#inAir -= 1
      if (this.#isOpen && this.#inAir === 0) this.#watchIdleness()
    }
  }

  async #send(run: Run, statement: Sql): Promise<Answer> {
    try {
      const answer = await run(statement)
      this.#failure = null
      if (answer.command !== 'SELECT') this.rowCount += answer.rowCount
      return answer
    } catch (error) {
      this.#failure ??= { error }
      throw error
    }
  }

  open(run: Run): void {
    this.#isOpen = true
    if (this.#inAir === 0) this.#watchIdleness()
    this.#resolve(run)
  }

  #watchIdleness(): void {
    clearTimeout(this.#idleTimer)
    this.#idleTimer = setTimeout(() => {
      this.#onIdle(
        new Misuse(
          `perform sent no query for ${this.#idleLimitMs} ms; inside its transaction it may wait for the databases only`,
        ),
      )
    }, this.#idleLimitMs)
  }

  /** Lets nothing more through. */
  close(reason: unknown): void {
    this.#isClosed = true
    this.#isOpen = false
    clearTimeout(this.#idleTimer)
    this.#reject(reason)
  }

  /** Waits for what is in the air. Throws where the author's function did not await it, or swallowed an error. */
  async settle(): Promise<void> {
    const forgotten = this.#inAir
    await this.#all
    if (this.#failure !== null) throw this.#failure.error
    if (forgotten > 0)
      throw new Misuse(
        `perform ended before ${forgotten === 1 ? 'a query' : `${forgotten} queries`} of it: await ctx.query`,
      )
  }

  /** Of two errors the one that says what to do: a lost connection or a deadlock counts as that, whatever the author made of it. */
  tell(error: unknown): unknown {
    if (this.#failure === null) return error
    return kindOfError(this.#failure.error) === 'job' ? error : this.#failure.error
  }
}

/** Throws where the statement would end the transaction of the sub-batch. */
export function refuseTransactionControl(statement: Sql): void {
  const { text } = compileSql(statement)
  if (!ENDS_TRANSACTION.test(text)) return
  throw new Misuse(`${text.trim().slice(0, 80)} would end the sub-batch’s transaction; perform must leave it open`)
}
