/** Rows that are legitimately left alone: counted beside the checks, and listed where the definition says how. */
import type { Exception } from '../catalogue/definition.ts'
import { TrancheError } from '../shared/errors.ts'
import { sql } from '../shared/sql.ts'
import { SHOWN_ROWS, singleValue } from './checks.ts'
import { type EngineContext, inTransaction } from './context.ts'
import type { MigrationSubject } from './drive.ts'
import { describeException } from './exception.ts'
import { kindOfError } from './target/sqlstate.ts'
import type { ExceptionCount } from './types.ts'

/** Throws check_failed where one cannot be counted: without it the checks that expect it mean nothing. */
export async function countException(
  context: EngineContext,
  { searchPath }: Pick<MigrationSubject, 'searchPath'>,
  exception: Exception,
  signal?: AbortSignal,
): Promise<ExceptionCount> {
  const { name, why, count, rows } = exception
  const settings = { isReadOnly: true, searchPath, statementTimeoutMs: context.limits.checkTimeoutMs, signal }
  try {
    return await inTransaction(
      context,
      async (transaction) => {
        const counted = safeInteger(await singleValue(transaction, count))
        // Where there is none, none is looked for once more.
        const isListed = rows !== undefined && counted > 0
        const listed = isListed ? sql`SELECT * FROM (${rows}) AS listed LIMIT ${SHOWN_ROWS}` : null
        return { name, why, count: counted, rows: listed === null ? [] : (await transaction.query(listed)).rows }
      },
      settings,
    )
  } catch (error) {
    if (kindOfError(error) === 'connection') throw error
    const { exceptionClass, message } = describeException(error)
    throw new TrancheError('check_failed', `exception "${name}" could not be counted: ${exceptionClass}: ${message}`, {
      remedy: 'Correct it in the definition; it is checked with: tranche verify.',
      details: { exception: name },
      cause: error,
    })
  }
}

function safeInteger(text: string | null): number {
  const value = Number(text)
  if (text !== null && Number.isSafeInteger(value) && value >= 0) return value
  throw new RangeError(`the count is ${String(text)}; expected a whole number below 2^53`)
}
