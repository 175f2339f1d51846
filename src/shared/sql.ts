/**
 * SQL as a value. `sql` builds a fragment; interpolated fragments nest, every other value becomes a bound
 * parameter, and nothing is ever pasted as text. `compileSql` numbers the parameters.
 */

const FRAGMENT = Symbol.for('tranche.sql')

type Chunk = { readonly kind: 'text'; readonly text: string } | { readonly kind: 'value'; readonly value: unknown }

export interface Sql {
  readonly [FRAGMENT]: true
  readonly chunks: readonly Chunk[]
}

export interface CompiledSql {
  readonly text: string
  readonly values: readonly unknown[]
}

function fragment(chunks: readonly Chunk[]): Sql {
  return { [FRAGMENT]: true, chunks }
}

/** Whether a value is a fragment made by `sql` (also by another copy of this module). */
export function isSql(value: unknown): value is Sql {
  return typeof value === 'object' && value !== null && FRAGMENT in value
}

function build(strings: TemplateStringsArray, ...values: readonly unknown[]): Sql {
  const chunks: Chunk[] = []
  strings.forEach((text, index) => {
    if (text !== '') chunks.push({ kind: 'text', text })
    if (index >= values.length) return
    const value = values[index]
    if (isSql(value)) chunks.push(...value.chunks)
    else if (value === undefined) throw new TypeError('sql: undefined was interpolated; use null for NULL')
    else chunks.push({ kind: 'value', value })
  })
  return fragment(chunks)
}

/** A quoted, dotted identifier: `ident('schema', 'table')` is `"schema"."table"`. */
function ident(...names: readonly string[]): Sql {
  if (names.length === 0) throw new TypeError('sql.ident needs at least one name')
  return raw(names.map(quoteIdentifier).join('.'))
}

/** Fragments put behind each other with `separator` (raw text) between them. */
function join(fragments: readonly Sql[], separator = ', '): Sql {
  return fragment(
    fragments.flatMap((part, index) =>
      index === 0 ? part.chunks : [{ kind: 'text' as const, text: separator }, ...part.chunks],
    ),
  )
}

export const sql = Object.assign(build, { ident, join })

/** Text that this program wrote itself, as a fragment. Never call it with anything that came from outside. */
export function raw(text: string): Sql {
  return fragment([{ kind: 'text', text }])
}

/** The one helper that quotes an identifier. */
export function quoteIdentifier(name: string): string {
  if (name === '' || name.includes('\0')) throw new TypeError(`not an SQL identifier: ${JSON.stringify(name)}`)
  return `"${name.replaceAll('"', '""')}"`
}

/**
 * A typed multi-row VALUES list with bound parameters: `values(rows, { id: 'bigint', doc: 'jsonb' })`.
 * Objects under a json or jsonb column are serialised here, because pg would send arrays as PostgreSQL arrays.
 * Throws on an empty list: `VALUES` needs at least one row.
 */
export function values(rows: readonly Readonly<Record<string, unknown>>[], types: Readonly<Record<string, string>>): Sql {
  if (rows.length === 0) throw new TypeError('values: the list of rows is empty')
  const columns = Object.entries(types)
  const lists = rows.map((row) => sql`(${join(columns.map(([name, type]) => cell(row[name] ?? null, type)))})`)
  return sql`VALUES ${join(lists)}`
}

const TYPE_NAME = /^[a-z][a-z0-9_ ]*(\(\d+(, ?\d+)?\))?(\[\])*$/i

function cell(value: unknown, type: string): Sql {
  if (!TYPE_NAME.test(type)) throw new TypeError(`values: not a type name: ${JSON.stringify(type)}`)
  const isJson = /^jsonb?$/i.test(type)
  const bound = isJson && value !== null ? JSON.stringify(value) : value
  return sql`${bound}${raw(`::${type}`)}`
}

/** Text with `$1…` and the values behind them, in the order of the text. */
export function compileSql(statement: Sql): CompiledSql {
  const bound: unknown[] = []
  const text = statement.chunks
    .map((chunk) => (chunk.kind === 'text' ? chunk.text : `$${String(bound.push(chunk.value))}`))
    .join('')
  return { text, values: bound }
}
