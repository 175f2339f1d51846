import type { TargetView } from '../../../shared/app-state.ts'
import { countOf } from '../../../shared/format-number.ts'
import { liveRunOf } from '../parts/live-run.ts'

/** `This console runs 2 migrations, verifies 1 migration`: all that it does on this target; null: nothing. */
export function atWork(target: TargetView): string | null {
  const views = Object.values(target.migrations)
  const proving = (what: 'verify' | 'finalize'): number =>
    views.filter((view) => view.proving?.kind === 'running' && view.proving.what === what).length
  // Finalizing runs the remainder: that is one deed.
  const running = views.filter((view) => liveRunOf(view) !== null && view.proving?.kind !== 'running').length
  const deeds = [
    ...(running > 0 ? [`runs ${countOf(running, 'migration')}`] : []),
    ...(proving('verify') > 0 ? [`verifies ${countOf(proving('verify'), 'migration')}`] : []),
    ...(proving('finalize') > 0 ? [`finalizes ${countOf(proving('finalize'), 'migration')}`] : []),
    ...(target.stepped.worker.kind === 'on' ? ['works through stepped migrations'] : []),
  ]
  return deeds.length === 0 ? null : `This console ${deeds.join(', ')}`
}
