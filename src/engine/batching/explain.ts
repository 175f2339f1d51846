import { sql, type Sql } from '../../shared/sql.ts'
import type { Transaction } from '../target/transaction.ts'

export interface PlanNode {
  readonly 'Node Type': string
  readonly 'Plan Rows': number
  readonly 'Relation Name'?: string
  readonly 'Index Name'?: string
  readonly Filter?: string
  readonly Plans?: readonly PlanNode[]
}

/** The planner's plan of a query; nothing is run. It reads statistics only, so it costs nothing on a huge table. */
export async function explain(transaction: Pick<Transaction, 'query'>, query: Sql): Promise<PlanNode> {
  const { rows } = await transaction.query(sql`EXPLAIN (FORMAT JSON) ${query}`)
  const [answer] = (rows[0]?.['QUERY PLAN'] ?? []) as readonly { readonly Plan: PlanNode }[]
  if (answer === undefined) throw new Error('EXPLAIN returned no plan')
  return answer.Plan
}
