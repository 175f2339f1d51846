import type { MigrationView } from '../../../../shared/app-state.ts'
import { shareOf } from '../../parts/percent.ts'

/** A text that changes at milestones only, so that a screen reader is not told each job. */
export function milestoneOf(view: MigrationView): string {
  const { state } = view
  const failed = state.jobs.blocked > 0 ? ' Jobs have failed.' : ''
  if (state.status !== 'active') return `Migration ${state.status}.${failed}`
  const quarter = Math.floor((shareOf(view) ?? 0) / 25) * 25
  return `Migration active${quarter > 0 ? `, ${String(quarter)} percent` : ''}.${failed}`
}
