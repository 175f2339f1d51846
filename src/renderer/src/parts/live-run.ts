import type { LiveRun, MigrationView } from '../../../shared/app-state.ts'

/** What this console drives of it right now; null: nothing. One that is finished is driven by nobody. */
export function liveRunOf({ state, run }: MigrationView): LiveRun | null {
  const isPast = state.status === 'finished' || state.status === 'finalized'
  return run?.end === null && !isPast ? run : null
}
