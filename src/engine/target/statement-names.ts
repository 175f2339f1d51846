/**
 * Names of prepared statements, per connection. Only for direct connections: behind a pooler the next transaction may run on
 * another session. A name is given out as soon as its Parse is sent; after any error nobody knows which of them the server
 * still reached, so all are forgotten and closed (closing one that does not exist is no error).
 */
import type pg from 'pg'

/** So many statements of a session are kept; then all are closed and the next ones begin anew. */
const MOST_NAMES = 48

export interface NamedStatement {
  readonly name: string
  /** Not sent on this connection yet: parse it first. */
  readonly isNew: boolean
}

export class StatementNames {
  readonly #names = new Map<string, string>()
  #toClose: string[] = []
  #count = 0

  /** The name of a statement's text. */
  nameOf(text: string): NamedStatement {
    const known = this.#names.get(text)
    if (known !== undefined) return { name: known, isNew: false }
    if (this.#names.size >= MOST_NAMES) this.forget()
    this.#count += 1
    const name = `tranche_${String(this.#count)}`
    this.#names.set(text, name)
    return { name, isNew: true }
  }

  forget(): void {
    this.#toClose.push(...this.#names.values())
    this.#names.clear()
  }

  /** Names to close before the next flight; each is told once. */
  takeClosed(): readonly string[] {
    const closed = this.#toClose
    this.#toClose = []
    return closed
  }
}

const namesByClient = new WeakMap<pg.Client, StatementNames>()

export function statementNames(client: pg.Client): StatementNames {
  const names = namesByClient.get(client) ?? new StatementNames()
  namesByClient.set(client, names)
  return names
}
