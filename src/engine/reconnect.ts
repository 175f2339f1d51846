/** Coming back after the connection was lost: back-off, and a fresh look at what server is there now. */
import { TrancheError } from '../shared/errors.ts'
import type { EngineContext } from './context.ts'
import { assertWritable } from './target/server-facts.ts'
import { kindOfError } from './target/sqlstate.ts'

const FIRST_WAIT_MS = 100
const LONGEST_WAIT_MS = 5_000
const REFUSED_LIMIT_MS = 60_000

/** Resolves once a primary answers again. Throws target_lost after `limitMs` (null: never), and the signal's reason. */
export async function reconnect(context: EngineContext, limitMs: number | null, signal: AbortSignal): Promise<void> {
  const since = context.clock.now().getTime()
  let waitMs = FIRST_WAIT_MS
  for (;;) {
    signal.throwIfAborted()
    context.refreshFacts()
    let leftMs: number
    try {
      // After a failover the same name may lead to a standby for a while; that is not "back".
      assertWritable(await context.facts(), context.target.description)
      return
    } catch (error) {
      const kind = kindOfError(error)
      if (kind !== 'connection' && kind !== 'exhausted') throw error
      const goneMs = context.clock.now().getTime() - since
      // Even who waits without end must not hammer a login that is refused: accounts get locked.
      const limit = isRefused(error) ? REFUSED_LIMIT_MS : limitMs
      if (limit !== null && goneMs >= limit) throw lost(context, error, goneMs)
      leftMs = limit === null ? Infinity : limit - goneMs
    }
    // The last try comes at the very end of the limit.
    await context.clock.sleep(Math.min(waitMs * (0.5 + context.random.next()), leftMs), signal)
    waitMs = Math.min(waitMs * 2, LONGEST_WAIT_MS)
  }
}

function isRefused(error: unknown): boolean {
  return error instanceof TrancheError && error.code !== 'target_unreachable' && error.code !== 'target_standby'
}

/**
 * Repeats `action` across lost connections. Only for what may be done twice: around COMMIT nobody knows whether the first
 * time counted.
 */
export async function withReconnects<T>(
  context: EngineContext,
  { limitMs, signal }: { readonly limitMs: number | null; readonly signal: AbortSignal },
  action: () => Promise<T>,
): Promise<T> {
  for (;;) {
    try {
      return await action()
    } catch (error) {
      if (kindOfError(error) !== 'connection') throw error
    }
    await reconnect(context, limitMs, signal)
  }
}

/** A connection that broke under a call which does not come back by itself, as the error that people read. */
export function lostConnection(context: Pick<EngineContext, 'target'>, cause: unknown): TrancheError {
  const said = cause instanceof Error ? cause.message : String(cause)
  return new TrancheError('target_lost', `the connection to ${context.target.description} was lost: ${said}`, {
    remedy: 'Look with tranche status whether it was done; then repeat what was not.',
    cause,
  })
}

function lost(context: EngineContext, cause: unknown, goneMs: number): TrancheError {
  const said = cause instanceof Error ? cause.message : String(cause)
  return new TrancheError(
    'target_lost',
    `the connection to ${context.target.description} was lost and did not come back within ${String(Math.round(goneMs / 1000))} s: ${said}`,
    {
      remedy:
        'What was committed stays. When the server is back, run it again: it goes on after the last committed sub-batch.',
      cause,
    },
  )
}
