import type { MigrationView } from '../../../shared/app-state.ts'
import { liveRunOf } from './live-run.ts'

/** How far it is, from 0 to below 100, by rows, since gappy keys can stand at 0 % for half of the work; null: unknown. */
export function shareOf(view: MigrationView): number | null {
  const { state } = view
  const live = liveRunOf(view)?.progress ?? null
  const total = live?.totalTupleCount ?? null
  const byRows = live === null || total === null || total === 0 ? null : (live.rows.scanned / total) * 100
  const percent = byRows ?? state.progress.percentByRows ?? live?.percentByKey ?? state.progress.percentByKey
  return percent === null ? null : Math.min(99.9, percent)
}

/** Whole percent, never 100 before every job succeeded. */
export function percentOf(view: MigrationView): string {
  const { status } = view.state
  if (status === 'finished' || status === 'finalized') return '100 %'
  const share = shareOf(view)
  return share === null ? '–' : `${String(Math.floor(share))} %`
}
