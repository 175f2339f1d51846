import type { MigrationView } from '../../../shared/app-state.ts'
import { percentDone } from '../../../shared/percent-done.ts'
import { isPastRun } from '../../../shared/status.ts'

/**
 * How far it is, from 0 to below 100; null: unknown. By the tracking tables alone: a run counts what it scanned itself, and
 * knows nothing of what was before it.
 */
export function shareOf({ state: { progress } }: MigrationView): number | null {
  return percentDone(progress)
}

/** Whole percent, never 100 before every job succeeded. */
export function percentOf(view: MigrationView): string {
  const { status } = view.state
  if (isPastRun(status)) return '100 %'
  const share = shareOf(view)
  return share === null ? '–' : `${String(Math.floor(share))} %`
}
