import { sql } from '../../shared/sql.ts'
import type { Transaction } from '../target/transaction.ts'
import { tableName } from './batch-table.ts'
import { inRange, type KeyRange } from './key-range.ts'
import type { Scoped } from './strategy.ts'

/** The planner's estimate of the rows in range and scope. EXPLAIN reads statistics only, so it costs nothing on a huge table. */
export async function estimateRows(
  transaction: Transaction,
  { table, scope }: Scoped,
  range: KeyRange,
): Promise<number> {
  const own = sql.ident(table.name)
  const condition = inRange(own, table.columns, range)
  const { rows } = await transaction.query(
    sql`EXPLAIN (FORMAT JSON) SELECT 1 FROM ${tableName(table)} WHERE ${condition}${scope === null ? sql`` : sql` AND (${scope})`}`,
  )
  const plan = rows[0]?.['QUERY PLAN'] as readonly { readonly Plan: { readonly 'Plan Rows': number } }[] | undefined
  return Math.round(plan?.[0]?.Plan['Plan Rows'] ?? 0)
}
