/** The range of keys that a migration is queued for: what was asked for, or what is there. Found by two probes of an index. */
import type { LoadedDefinition } from '../catalogue/definition.ts'
import { TrancheError } from '../shared/errors.ts'
import type { BatchingStrategy, Scoped } from './batching/strategy.ts'
import { sqlstateOf } from './target/sqlstate.ts'
import type { Transaction } from './target/transaction.ts'
import type { Key, QueueRequest } from './types.ts'

/** As the operator gave it; null: the table's own first or last key. */
export interface RequestedRange {
  readonly min: string | null
  readonly max: string | null
}

export interface QueuedRange {
  readonly min: Key
  readonly max: Key
  /** The planner's estimate of the rows in it. */
  readonly estimate: number
}

interface Subject {
  readonly loaded: LoadedDefinition
  readonly scoped: Scoped
  readonly strategy: BatchingStrategy
}

/** Throws invalid_setting for a bound that is no bigint, and for a minimum above the maximum. */
export function parseRange({ min, max }: Pick<QueueRequest, 'min' | 'max'>): RequestedRange {
  const range = {
    min: min === undefined ? null : integerBound('min', min),
    max: max === undefined ? null : integerBound('max', max),
  }
  if (range.min === null || range.max === null || BigInt(range.min) <= BigInt(range.max)) return range
  throw new TrancheError('invalid_setting', `min ${range.min} lies above max ${range.max}`, {
    remedy: 'Swap --min and --max.',
  })
}

function integerBound(name: 'min' | 'max', value: string): string {
  if (/^-?\d{1,19}$/.test(value) && BigInt.asIntN(64, BigInt(value)) === BigInt(value)) return String(BigInt(value))
  throw new TrancheError(
    'invalid_setting',
    `${name} is ${JSON.stringify(value)}; expected a whole number in the range of bigint`,
    { remedy: `Give --${name} a value of the batch column.` },
  )
}

/** null: the table holds no row in the range that was asked for. Throws definition_invalid for a scope that the server refuses. */
export async function fixRange(
  transaction: Transaction,
  { loaded, scoped, strategy }: Subject,
  requested: RequestedRange,
): Promise<QueuedRange | null> {
  const asked = { from: keyOf(requested.min), until: keyOf(requested.max) }
  const present = await strategy.bounds(transaction, scoped.table, asked)
  if (present === null) return null
  const min = asked.from ?? present.min
  const max = asked.until ?? present.max
  try {
    return { min, max, estimate: await strategy.estimate(transaction, scoped, { from: min, until: max }) }
  } catch (error) {
    if (scoped.scope === null || sqlstateOf(error)?.startsWith('42') !== true) throw error
    throw new TrancheError(
      'definition_invalid',
      `${loaded.definition.jobClassName}: the server refuses the scope: ${error instanceof Error ? error.message : String(error)}`,
      { remedy: 'Correct the scope in the definition.', details: { fields: ['scope'] }, cause: error },
    )
  }
}

function keyOf(value: string | null): Key | null {
  return value === null ? null : [value]
}
