/** A check in a row of the table: in a column headed `found`, a number and its noun are enough. */
import type { CheckValue } from '../../../../shared/cli-output.ts'

/** What a check of each kind asks. */
export const CHECK_KINDS: Readonly<Record<CheckValue['kind'], string>> = {
  jobs_succeeded: 'built in: no job of the range is unsucceeded',
  coverage: 'built in: the jobs cover min to max without a hole',
  count: 'of the author: a number that must be as expected',
  none: 'of the author: a query that must return no row',
  equal: 'of the author: two queries that must agree',
  rows: 'of the author: sampled rows, each computed anew',
}

type Side = 'expected' | 'found'

/** Built-in checks say in sentences what they count. */
export function cellOf(check: Pick<CheckValue, 'kind' | 'holds' | Side>, side: Side): string {
  const text = check[side]
  if (check.kind === 'jobs_succeeded') return /^\d+/.exec(text)?.[0] ?? text
  if (check.kind === 'rows') return rowsCell(text, side)
  if (check.kind === 'coverage' && (side === 'expected' || check.holds)) return '0 gaps'
  return text === 'no row' ? '0 rows' : text
}

/** `200 rows of 200 sampled keys as expected` is `200 of 200` beside `all as expected`. */
function rowsCell(text: string, side: Side): string {
  if (side === 'expected') return 'all as expected'
  const [, right, keys] = /^(\d+) rows of (\d+) sampled keys/.exec(text) ?? []
  if (right !== undefined && keys !== undefined) return `${right} of ${keys}`
  const [, wrong, rows] = /^(\d+) of (\d+) rows not/.exec(text) ?? []
  return wrong === undefined || rows === undefined ? text : `${wrong} of ${rows} not`
}

/** Digits alone are shown in groups. */
export function isCount(text: string): boolean {
  return /^\d+$/.test(text)
}
