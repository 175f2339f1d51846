/** Turn after turn: at once while migrations complete, after 30 s while one is partial, else every 5 minutes. */
import type { SteppedReason, SteppedRunValue } from '../../shared/stepped-view.ts'
import type { EngineContext } from '../context.ts'
import { reconnect } from '../reconnect.ts'
import { kindOfError } from '../target/sqlstate.ts'
import { RecordsUnreachable } from './lease.ts'
import { takeTurn } from './turn.ts'

const PARTIAL_MS = 30_000
const TICK_MS = 5 * 60 * 1000

export interface SteppedWorkOptions {
  /** One turn: one migration advances by what can be done now. */
  readonly once?: boolean
  /** End when nothing is left to do by itself: idle, halted, refused. */
  readonly toEnd?: boolean
  readonly signal?: AbortSignal
  /** Called after each turn; the next one is that much later. */
  readonly onTurn?: (turn: SteppedRunValue, waitMs: number) => void
}

/** Resolves when told to stop, after one turn with `once`, at the end with `toEnd`. Throws catalogue_missing. */
export async function workStepped(
  context: EngineContext,
  { once = false, toEnd = false, signal = new AbortController().signal, onTurn }: SteppedWorkOptions,
): Promise<readonly SteppedRunValue[]> {
  const turns: SteppedRunValue[] = []
  while (!signal.aborted) {
    const turn = await takeOrReconnect(context, signal, once)
    if (turn === null) continue
    // A worker that goes on for weeks keeps only the last ones.
    turns.push(turn)
    if (!once && !toEnd) turns.splice(0, turns.length - 1)
    const waitMs = waitAfter(turn.reason)
    onTurn?.(turn, waitMs)
    if (once || (toEnd && waitMs === TICK_MS)) break
    if (waitMs > 0) await context.clock.sleep(waitMs, signal).catch(() => undefined)
  }
  return turns
}

/** null: the database of the records was away and is back. */
async function takeOrReconnect(
  context: EngineContext,
  signal: AbortSignal,
  isSingle: boolean,
): Promise<SteppedRunValue | null> {
  try {
    return await takeTurn(context, signal)
  } catch (error) {
    const isAway = error instanceof RecordsUnreachable || kindOfError(error) === 'connection'
    if (!isAway || isSingle) throw error instanceof RecordsUnreachable ? error.cause : error
    await reconnect(context, null, signal).catch((reason: unknown) => {
      if (!signal.aborted) throw reason
    })
    return null
  }
}

function waitAfter(reason: SteppedReason): number {
  switch (reason) {
    case 'completed':
    case 'skipped':
      return 0
    case 'partial':
    case 'tried':
      return PARTIAL_MS
    case 'failed':
    case 'idle':
    case 'halted':
    case 'busy':
    case 'not_configured':
    case 'disabled':
    case 'file_unusable':
    case 'taken_over':
    case 'aborted':
      return TICK_MS
  }
}
