import { TrancheError } from '../shared/errors.ts'
import type { PreflightCheck } from '../shared/queue-plan.ts'
import type { BatchTable } from './batching/batch-table.ts'
import type { BatchingStrategy } from './batching/strategy.ts'
import type { Transaction } from './target/transaction.ts'

const NAME = 'batch column by force'

/** What --force passes over, each of it as a warning: a key that may be NULL, one that is not unique, one that no index serves. */
export async function checkForcedKey(
  transaction: Transaction,
  table: BatchTable,
  strategy: BatchingStrategy,
): Promise<readonly PreflightCheck[]> {
  const nullable = table.columns.filter(({ isNotNull }) => !isNotNull).map(({ name }) => name)
  // Asked as if no column could be NULL: that is told by itself, and would hide the rest.
  const columns = table.columns.map((column) => ({ ...column, isNotNull: true }))
  const refusal = await refusalOf(() => strategy.assertFits(transaction, { ...table, columns }, false))
  return [
    ...(nullable.length === 0
      ? []
      : [
          warning(
            `${nullable.join(', ')} may be NULL: such rows are not visited`,
            'Verify counts them as an exception.',
          ),
        ]),
    ...(refusal === null
      ? []
      : [
          warning(
            refusal.message,
            'Rows that share a key are visited together, which makes batches larger; without an index each job reads the whole table.',
          ),
        ]),
  ]
}

function warning(detail: string, remedy: string): PreflightCheck {
  return { name: NAME, outcome: 'warns', detail, remedy }
}

async function refusalOf(ask: () => Promise<void>): Promise<TrancheError | null> {
  try {
    await ask()
    return null
  } catch (error) {
    if (error instanceof TrancheError) return error
    throw error
  }
}
