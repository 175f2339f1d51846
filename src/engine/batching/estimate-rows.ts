import { sql } from '../../shared/sql.ts'
import type { Transaction } from '../target/transaction.ts'
import { tableName } from './batch-table.ts'
import { explain } from './explain.ts'
import { inRange, type KeyRange } from './key-range.ts'
import type { Scoped } from './strategy.ts'

/** The planner's estimate of the rows in range and scope. */
export async function estimateRows(
  transaction: Transaction,
  { table, scope }: Scoped,
  range: KeyRange,
): Promise<number> {
  const own = sql.ident(table.name)
  const condition = inRange(own, table.columns, range)
  const plan = await explain(
    transaction,
    sql`SELECT 1 FROM ${tableName(table)} WHERE ${condition}${scope === null ? sql`` : sql` AND (${scope})`}`,
  )
  return Math.round(plan['Plan Rows'])
}
