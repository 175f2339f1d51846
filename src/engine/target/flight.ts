/**
 * Several statements sent at once under a single Sync: one network flight. When one of them fails the server skips the
 * rest up to the Sync. That is what makes a flight safe: were each statement synced by itself, a BEGIN that fails (a
 * cancel can hit it) would leave the author's statement to run by itself, outside the transaction and past the guard.
 */
import pg from 'pg'
import { compileSql, type Sql } from '../../shared/sql.ts'
import { ConnectionLost } from './connection-lost.ts'
import { noteElapsed } from './elapsed.ts'
import { sqlstateOf } from './sqlstate.ts'
import { statementNames } from './statement-names.ts'

export interface Answer {
  readonly rows: readonly Record<string, unknown>[]
  readonly rowCount: number
  /** The command tag's first word: `COMMIT`, `ROLLBACK`, `UPDATE`, … */
  readonly command: string
}

interface FieldDescription {
  readonly name: string
  readonly dataTypeID: number
}

interface WireStatement {
  readonly text: string
  readonly values: readonly (string | Buffer | null)[]
}

/** pg's own conversion of a bound value; exported by pg, but missing in its types. */
const { utils } = pg as unknown as { utils: { prepareValue(value: unknown): string | Buffer | null } }

/** How a client reads values. */
interface ValueTypes {
  getTypeParser(oid: number, format: 'text'): (value: string) => unknown
}

export interface Manner {
  /** Only tags and row counts are wanted: nothing is described, and rows that come are dropped. */
  readonly isCountOnly?: boolean
  /** Prepared on this connection at their first use. Never behind a pooler. */
  readonly isPrepared?: boolean
}

/**
 * Sends the statements in one flight, at once, also while earlier flights of the same connection are in the air: the server
 * takes one after the other, and answers in order. Resolves with the answers; rejects with the first error. Without an answer
 * within `deadlineMs` of its turn the connection is destroyed (a vanished network tells nobody), and the outcome is in doubt.
 */
export async function fly(
  client: pg.Client,
  statements: readonly Sql[],
  deadlineMs: number,
  manner: Manner = {},
): Promise<readonly Answer[]> {
  // Converted before anything is sent: a value that cannot be sent must not leave half a flight behind.
  const wire = statements.map((statement) => {
    const { text, values } = compileSql(statement)
    return { text, values: values.map((value) => utils.prepareValue(value)) }
  })
  return new Promise((resolve, reject) => {
    const flight = new Flight({ client, statements: wire, deadlineMs, manner }, (error, answers) => {
      if (error === null) {
        resolve(answers)
        return
      }
      if (manner.isPrepared === true) statementNames(client).forget()
      // What has no SQLSTATE did not come from the server.
      reject(sqlstateOf(error) === null ? new ConnectionLost(error) : error)
    })
    launch(client, flight)
  })
}

/** The flights of each connection that were sent and not answered, in order. pg knows of the first one only. */
const airborne = new WeakMap<pg.Client, Flight[]>()

function launch(client: pg.Client, flight: Flight): void {
  const flights = airborne.get(client) ?? []
  airborne.set(client, flights)
  flights.push(flight)
  flight.onLanded = () => {
    flights.shift()
    const [next] = flights
    // Before the server's next message is read: pg hands messages to the query that it was given.
    if (next !== undefined) client.query(next)
  }
  flight.send(client.connection)
  if (flights.length === 1) client.query(flight)
}

interface Cargo {
  readonly client: pg.Client
  readonly statements: readonly WireStatement[]
  readonly deadlineMs: number
  readonly manner: Manner
}

class Flight implements pg.Submittable {
  readonly #cargo: Cargo
  readonly callback: (error: Error | null, answers: readonly Answer[]) => void
  onLanded: () => void = () => undefined
  readonly #answers: Answer[] = []
  #fields: readonly FieldDescription[] = []
  #rows: Record<string, unknown>[] = []
  #deadline: NodeJS.Timeout | undefined
  #hasLanded = false
  #startedAtMs = 0

  constructor(cargo: Cargo, callback: (error: Error | null, answers: readonly Answer[]) => void) {
    this.#cargo = cargo
    this.callback = callback
  }

  send(connection: pg.Connection): void {
    connection.stream.cork()
    for (const statement of this.#cargo.statements) this.#sendStatement(connection, statement)
    connection.sync()
    connection.stream.uncork()
  }

  #sendStatement(connection: pg.Connection, { text, values }: WireStatement): void {
    const { client, manner } = this.#cargo
    const names = manner.isPrepared === true ? statementNames(client) : null
    const { name, isNew } = names?.nameOf(text) ?? { name: '', isNew: true }
    if (isNew) {
      for (const closed of names?.takeClosed() ?? []) connection.close({ type: 'S', name: closed }, true)
      connection.parse({ name, text, types: [] }, true)
    }
    connection.bind({ statement: name, values: [...values] }, true)
    if (manner.isCountOnly !== true) connection.describe({ type: 'P', name: '' }, true)
    connection.execute({ portal: '' }, true)
  }

  /** pg's turn for it: sent long ago, and now first in line. */
  submit(): void {
    const { client, deadlineMs } = this.#cargo
    this.#startedAtMs = performance.now()
    this.#deadline = setTimeout(() => client.connection.stream.destroy(), deadlineMs)
  }

  handleRowDescription(message: { readonly fields: readonly FieldDescription[] }): void {
    this.#fields = message.fields
  }

  handleDataRow(message: { readonly fields: readonly (string | null)[] }): void {
    if (this.#cargo.manner.isCountOnly === true) return
    const types: ValueTypes = this.#cargo.client
    const row: Record<string, unknown> = {}
    message.fields.forEach((value, index) => {
      const field = this.#fields[index]
      if (field === undefined) return
      row[field.name] = value === null ? null : types.getTypeParser(field.dataTypeID, 'text')(value)
    })
    this.#rows.push(row)
  }

  handleCommandComplete(message: { readonly text: string }): void {
    const words = message.text.split(' ')
    const count = Number(words.at(-1))
    this.#complete({ rows: this.#rows, rowCount: Number.isNaN(count) ? 0 : count, command: words[0] ?? '' })
  }

  handleEmptyQuery(): void {
    this.#complete({ rows: [], rowCount: 0, command: '' })
  }

  #complete(answer: Answer): void {
    this.#answers.push(answer)
    this.#fields = []
    this.#rows = []
  }

  handleError(error: Error): void {
    this.#land(error)
  }

  handleReadyForQuery(): void {
    this.#land(null)
  }

  #land(error: Error | null): void {
    if (this.#hasLanded) return
    this.#hasLanded = true
    clearTimeout(this.#deadline)
    if (error !== null) noteElapsed(error, performance.now() - this.#startedAtMs)
    this.onLanded()
    this.callback(error, this.#answers)
  }

  handlePortalSuspended(): void {
    // no row limit is ever sent, so no portal is ever suspended
  }

  handleCopyInResponse(connection: { sendCopyFail(message: string): void }): void {
    connection.sendCopyFail('COPY FROM STDIN is not possible here')
  }

  handleCopyData(): void {
    // COPY TO STDOUT: what comes is dropped
  }
}

/** The answer to a flight's last statement. */
export function lastOf(answers: readonly Answer[]): Answer {
  const answer = answers.at(-1)
  if (answer === undefined) throw new Error('the server answered a flight with nothing')
  return answer
}
