/** Sentences about a proof, the same on every screen and in the report. Pure. */
import type { VerificationValue } from './cli-output.ts'
import { countOf, formatCount } from './format-number.ts'

/** What was proven, in one sentence; "coverage only" is said as plainly as a failure. */
export function verdictOf({ holds, proven, checks }: VerificationValue): string {
  const failing = checks.filter((check) => !check.holds && check.waivedBecause === null).length
  if (!holds) return `Does not hold: ${countOf(failing, 'check')} of ${String(checks.length)} failed.`
  const waived = checks.filter(({ waivedBecause }) => waivedBecause !== null).length
  const but = waived === 0 ? '' : `, ${String(waived)} of them waived`
  switch (proven) {
    case 'checks':
      return `Holds: ${countOf(checks.length, 'check')}${but}.`
    case 'coverage-only':
      return 'Coverage only: every row of the range was visited, but the author wrote no checks of the result.'
    case 'nothing':
      return `Nothing is proven: only waived checks stand between this and a failure${but}.`
  }
}

/** Rows that came after the range was fixed; null where there are none. */
export function newRowsOf({ newAfterQueueing }: VerificationValue): string | null {
  const { aboveMaximum, betweenJobs, isCapped } = newAfterQueueing
  if (aboveMaximum === 0 && betweenJobs === 0) return null
  const least = isCapped ? 'at least ' : ''
  return `${least}${formatCount(aboveMaximum)} above the maximum of the range, ${least}${formatCount(betweenJobs)} between jobs: out of scope of this migration.`
}
