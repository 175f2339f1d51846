/** The bounds that an operator asks for (`--min`, `--max`): one value, or a JSON array with one for each batch column. */
import { keyWords } from '../shared/describe-range.ts'
import { TrancheError } from '../shared/errors.ts'
import { sql } from '../shared/sql.ts'
import type { BatchColumn, BatchTable } from './batching/batch-table.ts'
import { keyTuple, typedValues } from './batching/key-range.ts'
import { onlyRow } from './context.ts'
import { parseExactly } from './exact-json.ts'
import { sqlstateOf } from './target/sqlstate.ts'
import type { Transaction } from './target/transaction.ts'
import type { Key, QueueRequest } from './types.ts'

/** null: the table's own first or last key. */
export interface RequestedRange {
  readonly min: Key | null
  readonly max: Key | null
}

/** Throws invalid_setting for a bound that looks like a list of values and is none. */
export function parseRange({ min, max }: Pick<QueueRequest, 'min' | 'max'>): RequestedRange {
  return {
    min: min === undefined ? null : parseBound('min', min),
    max: max === undefined ? null : parseBound('max', max),
  }
}

/** One value as it is, or a JSON array with a value for each batch column. */
function parseBound(name: 'min' | 'max', text: string): Key {
  if (!text.trimStart().startsWith('[')) return [text.trim()]
  const values = listOf(text)
  if (values === null)
    throw badBound(name, text, 'a JSON array with a value for each batch column, such as ["2026-01-01", 42]')
  return values.map(String)
}

function listOf(text: string): readonly (string | number | boolean)[] | null {
  try {
    const list = parseExactly(text)
    const isKey =
      Array.isArray(list) &&
      list.length > 0 &&
      list.every((value) => ['string', 'number', 'boolean'].includes(typeof value))
    return isKey ? (list as (string | number | boolean)[]) : null // each was looked at one line above
  } catch {
    return null
  }
}

function badBound(name: 'min' | 'max', given: string, expected: string, cause?: unknown): TrancheError {
  return new TrancheError('invalid_setting', `${name} is ${JSON.stringify(given)}; expected ${expected}`, {
    remedy: `Give --${name} a value of the batch column.`,
    cause,
  })
}

/**
 * The bounds that were asked for, as PostgreSQL writes them. Throws invalid_setting for one that is no key of these columns,
 * and for a minimum above the maximum. In a planning transaction.
 */
export async function readRange(
  transaction: Transaction,
  { columns }: BatchTable,
  { min, max }: RequestedRange,
): Promise<RequestedRange> {
  const range = {
    min: min === null ? null : await readKey(transaction, columns, 'min', min),
    max: max === null ? null : await readKey(transaction, columns, 'max', max),
  }
  if (range.min === null || range.max === null) return range
  const { rows } = await transaction.query(
    sql`SELECT ${keyTuple(columns, range.min)} > ${keyTuple(columns, range.max)} AS is_reversed`,
  )
  if (rows[0]?.is_reversed !== true) return range
  throw new TrancheError('invalid_setting', `min ${keyWords(range.min)} lies above max ${keyWords(range.max)}`, {
    remedy: 'Swap --min and --max.',
  })
}

async function readKey(
  transaction: Transaction,
  columns: readonly BatchColumn[],
  name: 'min' | 'max',
  key: Key,
): Promise<Key> {
  const expected = columns
    .map(({ comparedAs }) => (comparedAs === 'bigint' ? 'a whole number in the range of bigint' : comparedAs))
    .join(', ')
  if (key.length !== columns.length) throw badBound(name, keyWords(key), `a JSON array of ${expected}`)
  // PostgreSQL 16 also reads 0x1F and 1_000 as numbers; a key is written as it is shown.
  if (columns.some(({ comparedAs }, index) => comparedAs === 'bigint' && !/^-?\d{1,19}$/.test(key[index] ?? '')))
    throw badBound(name, keyWords(key), expected)
  try {
    const texts = sql.join(typedValues(columns, key).map((value) => sql`(${value})::text`))
    const { rows } = await transaction.query(sql`SELECT ARRAY[${texts}] AS key`)
    return onlyRow<{ key: string[] }>(rows, 'reading a key returned no row').key
  } catch (error) {
    if (sqlstateOf(error)?.startsWith('22') !== true) throw error
    throw badBound(name, keyWords(key), expected, error)
  }
}
