/** Whether an index finds the rows in scope in key order, asked of the planner alone: nothing is run. */
import { raw, sql, type Sql } from '../../shared/sql.ts'
import type { Transaction } from '../target/transaction.ts'
import { tableName } from './batch-table.ts'
import { explain, type PlanNode } from './explain.ts'
import { inRange, type KeyRange, keyOrder } from './key-range.ts'
import type { Scoped } from './strategy.ts'

/** From so many rows read for each one in scope on it is worth a word. */
const WORTH_TELLING = 2

const SAVEPOINT = 'before_explaining_scope'
/** Local, and gone with the savepoint. */
const ORDERED_INDEX_ONLY = raw(
  `SELECT set_config('enable_seqscan', 'off', true), set_config('enable_bitmapscan', 'off', true), set_config('enable_sort', 'off', true)`,
)

export interface UnservedScope {
  /** The planner's estimates. */
  readonly rowsInRange: number
  readonly rowsInScope: number
}

/**
 * null: there is no scope, an index serves it (a partial one, or one that leads to it in key order), or nearly every row is in
 * it. Needs a transaction; its planner settings are put back.
 */
export async function findUnservedScope(
  transaction: Transaction,
  { table, scope }: Scoped,
  range: KeyRange,
): Promise<UnservedScope | null> {
  if (scope === null) return null
  const own = sql.ident(table.name)
  const planOf = async (condition: Sql): Promise<PlanNode> =>
    explain(
      transaction,
      sql`SELECT ${sql.join(table.columns.map(({ name }) => sql`${own}.${sql.ident(name)}`))} FROM ${tableName(table)}
           WHERE ${inRange(own, table.columns, range)} AND ${condition}
           ORDER BY ${keyOrder(own, table.columns)}`,
    )
  // The way of a huge table, on a small one too: in key order out of an index, wherever there is one.
  await transaction.query(raw(`SAVEPOINT ${SAVEPOINT}`))
  await transaction.query(ORDERED_INDEX_ONLY)
  const all = await planOf(raw('true'))
  const scoped = await planOf(sql`(${scope})`)
  await transaction.query(raw(`ROLLBACK TO SAVEPOINT ${SAVEPOINT}`))
  if (countDropping(scoped) <= countDropping(all)) return null
  const rowsInRange = Math.round(all['Plan Rows'])
  const rowsInScope = Math.round(scoped['Plan Rows'])
  return rowsInRange < WORTH_TELLING * Math.max(1, rowsInScope) ? null : { rowsInRange, rowsInScope }
}

/** Nodes that read rows and drop some of them: what an index condition is spared. */
function countDropping(node: PlanNode): number {
  const isDropping = node.Filter !== undefined || /Join|Nested Loop/.test(node['Node Type'])
  return (isDropping ? 1 : 0) + (node.Plans ?? []).reduce((sum, child) => sum + countDropping(child), 0)
}
