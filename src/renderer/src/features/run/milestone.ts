import type { MigrationView } from '../../../../shared/app-state.ts'
import { holdText } from '../../parts/hold-text.ts'
import { shareOf } from '../../parts/percent.ts'
import { clockTime } from '../../parts/time.ts'

/** A text that changes at milestones only, so that a screen reader is not told each job. */
export function milestoneOf(view: MigrationView, silentSinceMs: number | null): string {
  const { state } = view
  if (silentSinceMs !== null) return `No answer since ${clockTime(silentSinceMs)}.`
  const failed = state.jobs.blocked > 0 ? ' Jobs have failed.' : ''
  const proven = provenOf(view)
  if (state.status !== 'active') return `Migration ${state.status}.${failed}${proven}`
  if (state.hold !== null) return `${holdText(state.hold)}${failed}`
  const quarter = Math.floor((shareOf(view) ?? 0) / 25) * 25
  return `Migration active${quarter > 0 ? `, ${String(quarter)} percent` : ''}.${failed}${proven}`
}

function provenOf({ proving }: MigrationView): string {
  if (proving?.kind !== 'done' || proving.what !== 'verify') return ''
  return proving.holds ? ' Verified: it holds.' : ' Verified: it does not hold.'
}
