/** How the server would find the rows of a statement, asked of the planner alone. */
import type { PlanVerdict } from '../shared/preview-view.ts'
import { compileSql, raw, type Sql } from '../shared/sql.ts'
import { explain, type PlanNode } from './batching/explain.ts'
import type { Run } from './gate.ts'

const EXPLAINABLE = /^(?:\s|--[^\n]*\n|\/\*[\s\S]*?\*\/)*(?:WITH|SELECT|INSERT|UPDATE|DELETE|MERGE|VALUES)\b/i

const SAVEPOINT = 'before_explaining'

/**
 * As on a huge table, whatever the size of this one: a whole table is read only where no index serves. null for statements that
 * have no plan. Needs an open transaction; its planner settings are put back.
 */
export async function explainStatement(run: Run, statement: Sql): Promise<PlanVerdict | null> {
  if (!EXPLAINABLE.test(compileSql(statement).text)) return null
  await run(raw(`SAVEPOINT ${SAVEPOINT}`))
  try {
    await run(raw(`SELECT set_config('enable_seqscan', 'off', true)`))
    return verdictOf(await explain({ query: run }, statement))
  } finally {
    await run(raw(`ROLLBACK TO SAVEPOINT ${SAVEPOINT}`))
  }
}

function verdictOf(plan: PlanNode): PlanVerdict {
  const whole = relationsOf(plan, (node) => node['Node Type'] === 'Seq Scan')
  const indexes = namesOf(plan, (node) => node['Index Name'])
  if (whole.length > 0)
    return {
      isIndexed: false,
      detail: `reads all of ${whole.join(', ')} for each sub-batch: no index serves it`,
      nodes: linesOf(plan),
    }
  const detail = indexes.length === 0 ? 'reads no table' : `by ${indexes.join(', ')}`
  return { isIndexed: true, detail, nodes: linesOf(plan) }
}

function relationsOf(plan: PlanNode, matches: (node: PlanNode) => boolean): readonly string[] {
  return namesOf(plan, (node) => (matches(node) ? node['Relation Name'] : undefined))
}

function namesOf(plan: PlanNode, nameOf: (node: PlanNode) => string | undefined): readonly string[] {
  const own = nameOf(plan)
  const below = (plan.Plans ?? []).flatMap((child) => namesOf(child, nameOf))
  return [...new Set([...(own === undefined ? [] : [own]), ...below])]
}

function linesOf(node: PlanNode, depth = 0): readonly string[] {
  const index = node['Index Name'] === undefined ? '' : ` using ${node['Index Name']}`
  const relation = node['Relation Name'] === undefined ? '' : ` on ${node['Relation Name']}`
  const line = `${'  '.repeat(depth)}${node['Node Type']}${index}${relation} (~${String(node['Plan Rows'])} rows)`
  return [line, ...(node.Plans ?? []).flatMap((child) => linesOf(child, depth + 1))]
}
