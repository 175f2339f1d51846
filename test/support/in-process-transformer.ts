import type { RowTransformer, TransformOutcome } from '../../src/engine/ports.ts'
import { isUnresolved } from '../../src/catalogue/row-outcome.ts'

/** Runs `transform` of eachRow in this very process, one row after the other, as the pool's workers would. */
export const inProcessTransformer: RowTransformer = {
  async transform({ definition }, rows, { args, log }) {
    const { perform } = definition
    if (typeof perform === 'function') throw new Error('this definition has no transform')
    const outcomes: TransformOutcome[] = []
    for (const row of rows) outcomes.push(await outcomeOf(async () => perform.transform(row, { args, log })))
    return outcomes
  },
}

async function outcomeOf(transform: () => Promise<unknown>): Promise<TransformOutcome> {
  try {
    const value = await transform()
    if (value === null) return { kind: 'unchanged' }
    return isUnresolved(value) ? { kind: 'unresolved', reason: value.reason } : { kind: 'value', value }
  } catch (error) {
    if (!(error instanceof Error)) throw error
    return { kind: 'raised', errorClass: error.constructor.name, message: error.message, stack: error.stack ?? '' }
  }
}
