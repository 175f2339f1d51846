/** What is done after each job: ask for the target's health; hold the migration, or let the optimizer decide. */
import type { EngineContext } from './context.ts'
import type { Drive } from './drive.ts'
import type { HealthMonitor } from './health/monitor.ts'
import { beginHold, findStop } from './hold.ts'
import { tuneBatchSize } from './tune.ts'

/** Unpaced jobs may take milliseconds each; the target is asked at most this often. */
const SHORTEST_BETWEEN_MS = 1_000

export interface AfterJob {
  /** Throws what a lost connection throws. */
  run(job: { readonly isSucceeded: boolean }): Promise<void>
}

/** Shared by a run's lanes: one of them asks, the others go on. */
export function createAfterJob(context: EngineContext, drive: Drive, monitor: HealthMonitor): AfterJob {
  const { id: migrationId } = drive.migration
  let askedAtMs = -Infinity
  let isAsking = false

  const askHealth = async (): Promise<'stop' | 'go'> => {
    const nowMs = context.clock.now().getTime()
    if (isAsking || nowMs - askedAtMs < SHORTEST_BETWEEN_MS) return 'go'
    isAsking = true
    try {
      askedAtMs = nowMs
      const readings = await monitor.evaluate()
      context.emitter.emit('health:evaluated', { migrationId, readings })
      if (findStop(readings) === null) return 'go'
      await beginHold(context, migrationId, readings)
      return 'stop'
    } finally {
      isAsking = false
    }
  }
  return {
    async run({ isSucceeded }) {
      if (drive.ignoresHealth) return
      const signal = await askHealth()
      if (signal === 'go' && isSucceeded && drive.isPaced) await tuneBatchSize(context, migrationId)
    },
  }
}
