/** What each field of a definition must be, in the words that its author reads when it is not. */
import { z, type ZodType } from 'zod'
import { isSql, type Sql } from '../shared/sql.ts'
import type { Check, EachRow, ErrorBudget, PerformFunction } from './definition.ts'

/** A schema with one expectation; the wording around it is the same for every field (`input-problems.ts`). */
function rule<Value>(expected: string, holds: (value: unknown) => boolean): ZodType<Value, Value> {
  return z.custom<Value>(holds, { error: `expected ${expected}` })
}

/** PostgreSQL cuts longer names silently. */
const MAX_NAME_BYTES = 63

export const className = rule<string>('letters, digits, _ and ::, at most 100, with at least one letter', (value) =>
  matches(value, /^(?=.{1,100}$)(?=.*[A-Za-z])\w+(?:::\w+)*$/),
)
export const text = rule<string>('text', isText)
export const milestone = rule<string>("a release as text, such as '18.1'", (value) => matches(value, /^\d+\.\d+$/))
export const url = rule<string>('an address that begins with https:// or http://', isWebAddress)
export const version = rule<string>("14 digits as text, such as '20260101000000'", (value) =>
  matches(value, /^\d{14}$/),
)
export const databaseName = rule<string>('a name of letters, digits and _', (value) => matches(value, /^[A-Za-z]\w*$/))
export const operation = rule<string>('a name of letters, digits and _, at most 63', (value) =>
  matches(value, /^[A-Za-z]\w{0,62}$/),
)
export const tableName = rule<string>(
  "'table' or 'schema.table', without quotes",
  (value) => typeof value === 'string' && value.split('.').length <= 2 && value.split('.').every(isPlainName),
)
export const columnNames = rule<string | readonly string[]>(
  'a column name, or an array of different ones, without quotes and commas',
  (value) =>
    typeof value === 'string'
      ? isColumnName(value)
      : isNonEmptyArray(value) && value.every(isColumnName) && isDistinct(value),
)
export const positiveInteger = rule<number>('a whole number of at least 1', (value) => isInteger(value, 1, 2 ** 31 - 1))
export const intervalSeconds = rule<number>('a whole number of seconds from 0 to 32767', (value) =>
  isInteger(value, 0, 32_767),
)
export const pauseMs = rule<number>('a whole number of milliseconds of at least 0', (value) =>
  isInteger(value, 0, 2 ** 31 - 1),
)
export const errorBudget = rule<ErrorBudget>(
  '{ rows: 10 } with a whole number of at least 0, or { share: 0.001 } with a number above 0 and at most 1',
  (value) =>
    (hasOnly(value, 'rows') && isInteger(value.rows, 0, Number.MAX_SAFE_INTEGER)) ||
    (hasOnly(value, 'share') && typeof value.share === 'number' && value.share > 0 && value.share <= 1),
)
export const argumentSchemas = rule<Readonly<Record<string, ZodType>>>(
  'an object from argument names (letters, digits, _) to zod schemas, such as { from: z.string() }',
  (value) =>
    isRecord(value) && Object.entries(value).every(([name, schema]) => /^[A-Za-z_]\w*$/.test(name) && isSchema(schema)),
)
export const statement = rule<Sql>('an SQL fragment, written sql`…`', (value) => isSql(value) && !isBlank(value))
export const scope = rule<Sql | (() => Sql)>(
  'an SQL fragment, written sql`…`, or a function that returns one',
  (value) => typeof value === 'function' || (isSql(value) && !isBlank(value)),
)
export const perform = rule<PerformFunction | EachRow>(
  'a function that returns sql`…`, an async function, or eachRow({ select, transform, write })',
  (value) => typeof value === 'function' || isEachRow(value),
)
export const check = rule<Check>(
  'what check.count, check.none, check.equal or check.rows returns, with a name and SQL fragments written sql`…`',
  isCheck,
)
export const samples = rule<{ readonly columns: readonly string[] } | false>(
  "{ columns: ['id', …] } with at least one column, or false",
  (value) =>
    value === false ||
    (hasOnly(value, 'columns') && isNonEmptyArray(value.columns) && value.columns.every(isPlainName)),
)

function matches(value: unknown, pattern: RegExp): boolean {
  return typeof value === 'string' && pattern.test(value)
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value.trim() !== ''
}

function isWebAddress(value: unknown): boolean {
  return typeof value === 'string' && /^https?:\/\//.test(value) && URL.canParse(value)
}

function isPlainName(value: unknown): boolean {
  return isText(value) && !/["\0]/.test(value) && Buffer.byteLength(value) <= MAX_NAME_BYTES
}

// The tracking table joins the columns of a composite keyset with commas.
function isColumnName(value: unknown): boolean {
  return isPlainName(value) && !String(value).includes(',')
}

function isNonEmptyArray(value: unknown): value is readonly unknown[] {
  return Array.isArray(value) && value.length > 0
}

function isDistinct(values: readonly unknown[]): boolean {
  return new Set(values).size === values.length
}

function isInteger(value: unknown, least: number, most: number): boolean {
  return Number.isSafeInteger(value) && Number(value) >= least && Number(value) <= most
}

export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function hasOnly(value: unknown, key: string): value is Readonly<Record<string, unknown>> {
  return isRecord(value) && Object.keys(value).join() === key
}

// Not instanceof: a catalogue may bring its own copy of zod.
function isSchema(value: unknown): value is ZodType {
  return isRecord(value) && '_zod' in value && typeof value.safeParse === 'function'
}

function isBlank(fragment: Sql): boolean {
  return fragment.chunks.every((chunk) => chunk.kind === 'text' && chunk.text.trim() === '')
}

function isEachRow(value: unknown): boolean {
  if (!isRecord(value) || value.kind !== 'each_row') return false
  const { select, transform, write, onQuarantine } = value
  const isComplete = [select, transform, write].every((part) => typeof part === 'function')
  return isComplete && (onQuarantine === undefined || typeof onQuarantine === 'function')
}

function isCheck(value: unknown): boolean {
  if (!isRecord(value) || !isText(value.name)) return false
  const isStatement = (part: unknown): boolean => isSql(part) && !isBlank(part)
  const { kind, query, left, right, expected, expect } = value
  switch (kind) {
    case 'count':
      return isStatement(query) && isExpectation(expected)
    case 'none':
      return isStatement(query)
    case 'equal':
      return isStatement(left) && isStatement(right)
    case 'rows':
      return isStatement(query) && typeof expect === 'function'
    default:
      return false
  }
}

function isExpectation(value: unknown): boolean {
  if (typeof value === 'number')
    return Number.isFinite(value) && (!Number.isInteger(value) || Number.isSafeInteger(value))
  return typeof value === 'bigint' || typeof value === 'function' || matches(value, /^-?\d+(\.\d+)?$/)
}
