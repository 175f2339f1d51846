import type { MigrationView } from '../../../shared/app-state.ts'
import { percentOf } from '../parts/percent.ts'
import { migrationShown } from '../parts/status.ts'
import { shortTime } from '../parts/time.ts'

/** What stands beside a migration in the rail: how far it is, or when it ended. */
export function railNote(
  view: MigrationView,
  { nowMs, isSilent }: { readonly nowMs: number; readonly isSilent: boolean },
): string {
  const { state } = view
  switch (state.status) {
    case 'finished':
    case 'finalized':
      return state.finishedAt === null ? state.status : shortTime(state.finishedAt, nowMs)
    case 'failed':
      return `${String(state.jobs.blocked)} ${state.jobs.blocked === 1 ? 'job' : 'jobs'}`
    default:
      return state.rows.scanned === 0 ? migrationShown(view, isSilent).word : percentOf(view)
  }
}
