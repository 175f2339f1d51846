import type { TargetView } from '../../../shared/app-state.ts'
import { countOf } from '../../../shared/format-number.ts'
import { liveRunOf } from '../parts/live-run.ts'

interface AtWork {
  readonly text: string
  /** All of it waits for health. */
  readonly isOnHold: boolean
}

/** `This console runs 2 migrations (1 on hold), verifies 1 migration`: all that it does on this target; null: nothing. */
export function atWork(target: TargetView): AtWork | null {
  const views = Object.values(target.migrations)
  const proving = (what: 'verify' | 'finalize'): number =>
    views.filter((view) => view.proving?.kind === 'running' && view.proving.what === what).length
  // Finalizing runs the remainder: that is one deed.
  const running = views.filter((view) => liveRunOf(view) !== null && view.proving?.kind !== 'running')
  const held = running.filter(({ state }) => state.hold !== null && state.status === 'active').length
  const deeds = [
    ...(running.length > 0
      ? [`runs ${countOf(running.length, 'migration')}${held > 0 ? ` (${String(held)} on hold)` : ''}`]
      : []),
    ...(proving('verify') > 0 ? [`verifies ${countOf(proving('verify'), 'migration')}`] : []),
    ...(proving('finalize') > 0 ? [`finalizes ${countOf(proving('finalize'), 'migration')}`] : []),
    ...(target.stepped.worker.kind === 'on' ? ['works through stepped migrations'] : []),
  ]
  if (deeds.length === 0) return null
  const isOnHold = deeds.length === 1 && held > 0 && held === running.length
  return { text: `This console ${deeds.join(', ')}`, isOnHold }
}
