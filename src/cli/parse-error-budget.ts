import type { ErrorBudget } from '../catalogue/definition.ts'
import { TrancheError } from '../shared/errors.ts'

export const ERROR_BUDGET_FLAG = {
  value: 'N|P%',
  help: 'how many rows may end in quarantine: a number, or a share of the rows scanned so far (from 1 000 on)',
} as const

/** `10` is a number of rows, `0.1%` a share; undefined: as the definition says. Throws usage. */
export function parseErrorBudget(text: string | undefined): ErrorBudget | undefined {
  if (text === undefined) return undefined
  if (/^\d+$/.test(text) && Number.isSafeInteger(Number(text))) return { rows: Number(text) }
  const percent = /^(?<percent>\d+(?:\.\d+)?)%$/.exec(text)?.groups?.percent
  const share = Number(percent) / 100
  if (percent !== undefined && share > 0 && share <= 1) return { share }
  throw new TrancheError(
    'usage',
    `--error-budget is ${JSON.stringify(text)}; expected a number of rows, or a share above 0% and at most 100%`,
    { remedy: 'Give 10 for ten rows, or 0.1% for one row in a thousand.' },
  )
}
