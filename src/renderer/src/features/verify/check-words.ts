/** A check in a row of the table: in a column headed `found`, a number and its noun are enough. */
import type { CheckValue } from '../../../../shared/cli-output.ts'

type Side = 'expected' | 'found'

/** Built-in checks say in sentences what they count. */
export function cellOf(check: Pick<CheckValue, 'kind' | 'holds' | Side>, side: Side): string {
  const text = check[side]
  if (check.kind === 'jobs_succeeded') return /^\d+/.exec(text)?.[0] ?? text
  if (check.kind === 'coverage' && (side === 'expected' || check.holds)) return '0 gaps'
  return text === 'no row' ? '0 rows' : text
}

/** Digits alone are shown in groups. */
export function isCount(text: string): boolean {
  return /^\d+$/.test(text)
}
