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
  if (!Array.isArray(strings) || !Array.isArray(strings.raw)) {
    throw new TypeError('sql is a template tag: write sql`…`, not sql(…)')
  }
  refuseLostBackslashes(strings.raw)
  const chunks: Chunk[] = []
  strings.forEach((text, index) => {
    if (text !== '') chunks.push({ kind: 'text', text })
    if (index >= values.length) return
    const value = values[index]
    // One by one: a list of values is long enough to overflow the stack as arguments of one push.
    if (isSql(value)) for (const chunk of value.chunks) chunks.push(chunk)
    else chunks.push({ kind: 'value', value: parameter(value) })
  })
  return fragment(chunks)
}

function parameter(value: unknown): unknown {
  if (value === undefined) throw new TypeError('sql: undefined was interpolated; use null for NULL')
  const kind = value instanceof Promise ? 'promise' : typeof value
  if (kind === 'promise' || kind === 'function' || kind === 'symbol') {
    throw new TypeError(`sql: a ${kind} was interpolated; it cannot be a parameter`)
  }
  return value
}

/**
 * JavaScript drops the backslash of `\d` and turns `\b` into a control character without a word, which makes another
 * regular expression of the author's. Only escapes that say what they mean in SQL text too are let through.
 */
function refuseLostBackslashes(raw: readonly string[]): void {
  for (const text of raw) {
    for (const [escape, letter = ''] of text.matchAll(/\\([\s\S])/g)) {
      if (!'\\`${nrtxu\n'.includes(letter)) {
        throw new TypeError(`sql: ${escape} in a template loses its backslash; write \\${escape}`)
      }
    }
  }
}

/** A quoted, dotted identifier: `ident('schema', 'table')` is `"schema"."table"`. */
function ident(...names: readonly string[]): Sql {
  if (names.length === 0) throw new TypeError('sql.ident needs at least one name')
  return raw(names.map(quoteIdentifier).join('.'))
}

/** Words and signs that may stand between two fragments, such as `, `, ` AND ` or ` || `. */
const SEPARATOR = /^[\s,a-z|+]*$/i

/** Fragments put behind each other with `separator` between them, which becomes text of the statement. */
function join(fragments: readonly Sql[], separator = ', '): Sql {
  if (!SEPARATOR.test(separator)) throw new TypeError(`sql.join: not a separator: ${JSON.stringify(separator)}`)
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
export function values(
  rows: readonly Readonly<Record<string, unknown>>[],
  types: Readonly<Record<string, string>>,
): Sql {
  if (rows.length === 0) throw new TypeError('values: the list of rows is empty')
  const columns = Object.entries(types)
  if (columns.length === 0) throw new TypeError('values: name at least one column and its type')
  const lists = rows.map((row) => sql`(${join(columns.map(([name, type]) => cell(row[name] ?? null, type)))})`)
  return sql`VALUES ${join(lists)}`
}

/** `bigint`, `numeric(10, 2)`, `timestamp(3) with time zone`, `text[]`, `public.mood`. */
const TYPE_NAME = /^[a-z_][a-z0-9_]*(\.[a-z_][a-z0-9_]*)?( [a-z]+)*(\(\d+(, ?\d+)?\))?( [a-z]+)*(\[\])*$/i

function cell(value: unknown, type: string): Sql {
  if (!TYPE_NAME.test(type)) throw new TypeError(`values: not a type name: ${JSON.stringify(type)}`)
  const isJson = /^jsonb?$/i.test(type)
  const bound = isJson && value !== null ? JSON.stringify(value) : value
  return sql`${bound}${raw(`::${type}`)}`
}

/** The protocol counts a statement's parameters in 16 bits; pg would send a wrapped number. */
const MAX_PARAMETERS = 65_535

/** Text with `$1…` and the values behind them, in the order of the text. */
export function compileSql(statement: Sql): CompiledSql {
  const bound: unknown[] = []
  const text = statement.chunks
    .map((chunk) => (chunk.kind === 'text' ? chunk.text : `$${String(bound.push(chunk.value))}`))
    .join('')
  if (bound.length > MAX_PARAMETERS) {
    throw new RangeError(
      `a statement takes at most 65,535 parameters, got ${String(bound.length)}; write fewer rows at a time`,
    )
  }
  return { text, values: bound }
}
