/** Keeps a runner alive in the tracking tables, in short transactions of its own, by the server's clock. */
import type { EngineContext } from './context.ts'
import { beat } from './lease.ts'

const RETRY_MS = 1_000

interface Heart {
  readonly runnerId: string
  /** Called after each heartbeat, and not waited for. */
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
    onBeat().catch((error: unknown) => {
      tell(context, 'counting rows did not get through', error)
    })
    return true
  })
  return async () => {
    stopping.abort()
    await beating
  }
}

/** Calls `once` at every heartbeat until the signal is aborted or it answers false. One that throws is soon repeated. */
export async function keepBeating(
  context: EngineContext,
  signal: AbortSignal,
  once: () => Promise<boolean>,
): Promise<void> {
  let waitMs = context.limits.heartbeatMs
  for (;;) {
    await context.clock.sleep(waitMs, signal).catch(() => undefined)
    if (signal.aborted) return
    waitMs = context.limits.heartbeatMs
    try {
      if (!(await once())) return
    } catch (error) {
      // The lanes see a lost connection by themselves. The next heartbeat must not wait until we count as dead.
      waitMs = Math.min(waitMs, RETRY_MS)
      tell(context, 'heartbeat did not get through', error)
    }
  }
}

function tell({ logger }: EngineContext, event: string, error: unknown): void {
  logger.log('warn', event, { message: error instanceof Error ? error.message : String(error) })
}
