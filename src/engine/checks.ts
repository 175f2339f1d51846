/** Runs one check of a definition: read-only, in a snapshot of its own, with a statement timeout; numbers compared exactly. */
import type { Check, ExpectationContext, ExpectedValue } from '../catalogue/definition.ts'
import { raw, sql, type Sql } from '../shared/sql.ts'
import type { BatchTable } from './batching/batch-table.ts'
import { keyTuple } from './batching/key-range.ts'
import { type EngineContext, inTransaction } from './context.ts'
import { describeException } from './exception.ts'
import { isConnectionError, kindOfError } from './target/sqlstate.ts'
import type { Transaction } from './target/transaction.ts'
import type { CheckResult, Key } from './types.ts'

/** So many rows that should not be there are kept and shown. */
export const SHOWN_ROWS = 20
/** Of those that are as expected, so many are shown. */
const SHOWN_SAMPLES = 5
/** check.rows looks at so many keys, spread over the range. */
export const SAMPLED_KEYS = 200

export interface CheckSample {
  readonly table: BatchTable
  readonly keys: readonly Key[]
}

export interface CheckContext {
  readonly searchPath: string
  readonly expectation: ExpectationContext
  /** Keys for check.rows; null where there are none (preconditions). */
  readonly sample: CheckSample | null
  /** Aborted: the query is given up; what that throws is no finding. */
  readonly signal?: AbortSignal | undefined
}

type Finding = Pick<CheckResult, 'holds' | 'expected' | 'found' | 'rows'>

/** A check whose query fails does not hold, and says with what; a lost connection is thrown. */
export async function runCheck(context: EngineContext, check: Check, checkContext: CheckContext): Promise<CheckResult> {
  return timed(check, () => find(context, check, checkContext))
}

/**
 * The same in the caller's transaction, which writes and holds locks: read-only behind a savepoint, so that a query that fails
 * leaves the transaction usable. Contention is thrown as well, since the caller's locks may be what another one waits for.
 */
export async function runCheckWithin(
  transaction: Transaction,
  { limits }: Pick<EngineContext, 'limits'>,
  check: Check,
  checkContext: CheckContext,
): Promise<CheckResult> {
  return timed(check, async () => {
    await transaction.queryAll([
      raw('SAVEPOINT before_check'),
      raw('SET LOCAL transaction_read_only = on'),
      sql`SELECT set_config('statement_timeout', ${`${String(limits.checkTimeoutMs)}ms`}, true)`,
    ])
    const finding = await evaluate(transaction, check, checkContext)
      .then(settled)
      .catch((error: unknown) => {
        if (isConnectionError(error) || kindOfError(error) === 'contention') throw error
        return queryFailed(error)
      })
    // Takes both settings back as well.
    await transaction.query(raw('ROLLBACK TO SAVEPOINT before_check'))
    return finding
  })
}

async function timed(check: Check, look: () => Promise<Finding>): Promise<CheckResult> {
  const startedAt = performance.now()
  const finding = await look()
  return {
    name: check.name,
    kind: check.kind,
    ...finding,
    milliseconds: performance.now() - startedAt,
    waivedBecause: null,
  }
}

async function find(context: EngineContext, check: Check, checkContext: CheckContext): Promise<Finding> {
  try {
    const finding = await inTransaction(context, (transaction) => evaluate(transaction, check, checkContext), {
      isReadOnly: true,
      searchPath: checkContext.searchPath,
      statementTimeoutMs: context.limits.checkTimeoutMs,
      signal: checkContext.signal,
    })
    return settled(finding)
  } catch (error) {
    if (isConnectionError(error)) throw error
    return queryFailed(error)
  }
}

function settled(finding: Finding | (() => Finding)): Finding {
  return typeof finding === 'function' ? finding() : finding
}

function queryFailed(error: unknown): Finding {
  const { exceptionClass, message } = describeException(error)
  return { holds: false, expected: 'the query to run', found: `${exceptionClass}: ${message}`, rows: [] }
}

/** A function where the author's code has the last word, which may take its time: no transaction waits for it. */
async function evaluate(
  transaction: Transaction,
  check: Check,
  { expectation, sample }: CheckContext,
): Promise<Finding | (() => Finding)> {
  switch (check.kind) {
    case 'count': {
      const found = await singleValue(transaction, check.query)
      const wanted = typeof check.expected === 'function' ? check.expected(expectation) : check.expected
      const expected = exactNumber(wanted)
      return { holds: found !== null && exactNumber(found) === expected, expected, found: found ?? 'NULL', rows: [] }
    }
    case 'equal': {
      const left = await singleValue(transaction, check.left)
      const right = await singleValue(transaction, check.right)
      return { holds: isSame(left, right), expected: right ?? 'NULL', found: left ?? 'NULL', rows: [] }
    }
    case 'none': {
      const { rows } = await transaction.query(sql`SELECT * FROM (${check.query}) AS found LIMIT ${SHOWN_ROWS + 1}`)
      return {
        holds: rows.length === 0,
        expected: 'no row',
        found: countOf(rows.length),
        rows: rows.slice(0, SHOWN_ROWS),
      }
    }
    case 'rows':
      if (sample === null || sample.keys.length === 0)
        return { holds: true, expected: 'each sampled row as expected', found: 'no row to sample', rows: [] }
      return checkRows(transaction, check, sample)
  }
}

async function checkRows(
  transaction: Transaction,
  { query, expect }: Extract<Check, { kind: 'rows' }>,
  sample: CheckSample,
): Promise<() => Finding> {
  const { columns } = sample.table
  const names = columns.map(({ name }) => sql`checked.${sql.ident(name)}`)
  const { rows } = await transaction.query(
    sql`SELECT * FROM (${query}) AS checked
         WHERE (${sql.join(names)}) IN (${sql.join(sample.keys.map((key) => keyTuple(columns, key)))})`,
  )
  return () => judgeRows(rows, expect, sample.keys.length)
}

function judgeRows(
  rows: readonly Record<string, unknown>[],
  expect: Extract<Check, { kind: 'rows' }>['expect'],
  keyCount: number,
): Finding {
  const judged = rows.map((row) => ({ row, verdict: expect(row) }))
  const wrong = judged.flatMap(({ row, verdict }) => (verdict === true ? [] : [{ ...row, wrong: verdict }]))
  const right = judged.flatMap(({ row, verdict }) => (verdict === true ? [singleValues(row)] : []))
  return {
    holds: wrong.length === 0,
    expected: 'each sampled row as expected',
    found:
      wrong.length === 0
        ? `${String(rows.length)} rows of ${String(keyCount)} sampled keys as expected`
        : `${String(wrong.length)} of ${String(rows.length)} rows not as expected`,
    rows: wrong.length === 0 ? spread(right, SHOWN_SAMPLES) : wrong.slice(0, SHOWN_ROWS),
  }
}

/** Columns that fit into a line; what a check keeps in a document is for its own reckoning. */
function singleValues(row: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(row).filter(([, value]) => value === null || typeof value !== 'object'))
}

/** First, last, and the rest evenly between them. */
function spread<T>(items: readonly T[], count: number): readonly T[] {
  if (items.length <= count) return items
  const step = (items.length - 1) / (count - 1)
  return Array.from({ length: count }, (_, index) => items[Math.round(index * step)]).filter(
    (item) => item !== undefined,
  )
}

/** The first column of the only row, as text. */
export async function singleValue(transaction: Transaction, query: Sql): Promise<string | null> {
  const { rows } = await transaction.query(query)
  const [row] = rows
  if (rows.length !== 1 || row === undefined)
    throw new Error(`the query answered ${String(rows.length)} rows; expected one`)
  const [value = null] = Object.values(row)
  if (value === null) return null
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean'
    ? String(value)
    : JSON.stringify(value)
}

const TOLD_ROWS = 3

/** What was found instead, with the first rows that say why, for a message. */
export function findingText({ expected, found, rows }: Finding): string {
  const told = rows.slice(0, TOLD_ROWS).map(rowText)
  const more = rows.length > TOLD_ROWS ? ', …' : ''
  return `expected ${expected}, found ${found}${told.length === 0 ? '' : `: ${told.join(', ')}${more}`}`
}

/** Of a row with one column its value: it is a sentence of the author's, mostly. */
function rowText(row: Readonly<Record<string, unknown>>): string {
  const values = Object.values(row)
  return values.length === 1 && typeof values[0] === 'string' ? values[0] : JSON.stringify(row)
}

function countOf(rows: number): string {
  if (rows > SHOWN_ROWS) return `more than ${String(SHOWN_ROWS)} rows`
  return rows === 1 ? '1 row' : `${String(rows)} rows`
}

function isSame(left: string | null, right: string | null): boolean {
  if (left === null || right === null) return left === right
  return left === right || (isNumeric(left) && isNumeric(right) && exactNumber(left) === exactNumber(right))
}

function isNumeric(text: string): boolean {
  return /^-?\d+(\.\d+)?$/.test(text)
}

/** A number as canonical decimal text, so that 10, 10n, '10' and '10.00' are the same and 2^53 + 1 stays itself. */
function exactNumber(value: ExpectedValue): string {
  const text = String(value)
  if (typeof value === 'number' && Number.isInteger(value) && !Number.isSafeInteger(value)) {
    throw new TypeError(`${text} cannot be compared exactly; give a bigint or a decimal string`)
  }
  if (!isNumeric(text)) throw new TypeError(`${JSON.stringify(text)} is not a number`)
  const [, sign = '', whole = '0', fraction = ''] = /^(-?)0*(\d+)(?:\.(\d*?)0*)?$/.exec(text) ?? []
  const canonical = fraction === '' ? whole : `${whole}.${fraction}`
  return canonical === '0' ? '0' : `${sign}${canonical}`
}
