import type { LiveRun, MigrationView } from '../../../shared/app-state.ts'
import { isPastRun } from '../../../shared/status.ts'

/** What this console drives of it right now; null: nothing. One that is finished is driven by nobody. */
export function liveRunOf({ state, run }: MigrationView): LiveRun | null {
  const isPast = isPastRun(state.status)
  return run?.end === null && !isPast ? run : null
}
