import type { PreflightCheck } from '../shared/queue-plan.ts'
import type { Scoped } from './batching/strategy.ts'

/** Random keys lie anywhere in the order, so rows inserted meanwhile may or may not be visited. null: no key is random. */
export function checkRandomKeys({ table, scope }: Scoped): PreflightCheck | null {
  const random = table.columns.find(({ comparedAs }) => comparedAs === 'uuid')
  if (random === undefined) return null
  return {
    name: 'random keys',
    outcome: 'warns',
    detail: `${random.name} is a uuid: rows inserted after queueing may or may not be visited`,
    remedy:
      scope === null
        ? 'Let the definition’s scope take only rows that were created before a fixed time.'
        : 'Make sure that the scope takes only rows that were created before a fixed time.',
  }
}
