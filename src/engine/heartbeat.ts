/** Keeps a runner alive in the tracking tables, in short transactions of its own, by the server's clock. */
import type { EngineContext } from './context.ts'
import { beat } from './lease.ts'

interface Heart {
  readonly runnerId: string
  /** Called after each heartbeat. */
  readonly onBeat: () => Promise<void>
  /** Called once when the runner turns out to have been declared dead. */
  readonly onDeclaredDead: () => void
}

/** Starts beating; the returned function stops it and resolves when the last heartbeat is over. */
export function startHeartbeat(
  context: EngineContext,
  { runnerId, onBeat, onDeclaredDead }: Heart,
): () => Promise<void> {
  const stopping = new AbortController()
  const beating = keepBeating(context, stopping.signal, async () => {
    if (!(await beat(context, runnerId))) {
      onDeclaredDead()
      return false
    }
    await onBeat()
    return true
  })
  return async () => {
    stopping.abort()
    await beating
  }
}

async function keepBeating(context: EngineContext, signal: AbortSignal, once: () => Promise<boolean>): Promise<void> {
  for (;;) {
    await context.clock.sleep(context.limits.heartbeatMs, signal).catch(() => undefined)
    if (signal.aborted) return
    try {
      if (!(await once())) return
    } catch (error) {
      // The lanes see a lost connection by themselves; the next heartbeat may get through.
      context.logger.log('warn', 'heartbeat did not get through', {
        message: error instanceof Error ? error.message : String(error),
      })
    }
  }
}
