/** Why a migration failed, by the rule that failed it. */
import { countOf, formatCount } from './format-number.ts'

export interface MigrationFailure {
  /** attempts: jobs used theirs, and nothing else is left. share: more than half of at least fifty jobs failed since it was started. */
  readonly rule: 'attempts' | 'share'
  readonly failed: number
  /** attempts: all jobs. share: those made since it was started. */
  readonly of: number
}

/** `3 jobs have used their attempts`; for one that no journal tells of: `jobs of it failed`. */
export function describeFailure(failure: MigrationFailure | null): string {
  if (failure === null) return 'jobs of it failed'
  const { rule, failed, of } = failure
  return rule === 'attempts'
    ? `${countOf(failed, 'job has', 'jobs have')} used ${failed === 1 ? 'its' : 'their'} attempts`
    : `${formatCount(failed)} of the ${countOf(of, 'job')} made since it was started failed, which is more than half`
}
