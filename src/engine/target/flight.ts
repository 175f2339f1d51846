/**
 * Several statements sent at once under a single Sync: one network flight. When one of them fails the server skips the
 * rest up to the Sync. That is what makes a flight safe: were each statement synced by itself, a BEGIN that fails (a
 * cancel can hit it) would leave the author's statement to run by itself, outside the transaction and past the guard.
 */
import pg from 'pg'
import { compileSql, type Sql } from '../../shared/sql.ts'
import { ConnectionLost } from './connection-lost.ts'
import { sqlstateOf } from './sqlstate.ts'

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

/**
 * Sends the statements in one flight and resolves with their answers; rejects with the first error. Without an answer
 * within `deadlineMs` the connection is destroyed (a vanished network tells nobody), and the outcome is in doubt.
 */
export async function fly(
  client: pg.Client,
  statements: readonly Sql[],
  deadlineMs: number,
): Promise<readonly Answer[]> {
  // Converted before anything is sent: a value that cannot be sent must not leave half a flight behind.
  const wire = statements.map((statement) => {
    const { text, values } = compileSql(statement)
    return { text, values: values.map((value) => utils.prepareValue(value)) }
  })
  const deadline = setTimeout(() => client.connection.stream.destroy(), deadlineMs)
  try {
    return await new Promise((resolve, reject) => {
      const flight = new Flight(client, wire, (error, answers) => {
        if (error === null) resolve(answers)
        // What has no SQLSTATE did not come from the server.
        else reject(sqlstateOf(error) === null ? new ConnectionLost(error) : error)
      })
      client.query(flight)
    })
  } finally {
    clearTimeout(deadline)
  }
}

class Flight implements pg.Submittable {
  readonly #types: ValueTypes
  readonly #statements: readonly WireStatement[]
  readonly callback: (error: Error | null, answers: readonly Answer[]) => void
  readonly #answers: Answer[] = []
  #fields: readonly FieldDescription[] = []
  #rows: Record<string, unknown>[] = []

  constructor(
    types: ValueTypes,
    statements: readonly WireStatement[],
    callback: (error: Error | null, answers: readonly Answer[]) => void,
  ) {
    this.#types = types
    this.#statements = statements
    this.callback = callback
  }

  submit(connection: pg.Connection): void {
    connection.stream.cork()
    for (const { text, values } of this.#statements) {
      connection.parse({ name: '', text, types: [] }, true)
      connection.bind({ values: [...values] }, true)
      connection.describe({ type: 'P', name: '' }, true)
      connection.execute({ portal: '' }, true)
    }
    connection.sync()
    connection.stream.uncork()
  }

  handleRowDescription(message: { readonly fields: readonly FieldDescription[] }): void {
    this.#fields = message.fields
  }

  handleDataRow(message: { readonly fields: readonly (string | null)[] }): void {
    const row: Record<string, unknown> = {}
    message.fields.forEach((value, index) => {
      const field = this.#fields[index]
      if (field === undefined) return
      row[field.name] = value === null ? null : this.#types.getTypeParser(field.dataTypeID, 'text')(value)
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
    this.callback(error, [])
  }

  handleReadyForQuery(): void {
    this.callback(null, this.#answers)
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
