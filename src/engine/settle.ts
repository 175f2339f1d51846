/** How a lost connection is turned into "committed" or "not committed". */
import { isSameKey } from './backlog.ts'
import type { Claim, Resolution } from './claim.ts'
import { withContentionRetries } from './contention.ts'
import type { EngineContext } from './context.ts'
import type { Drive } from './drive.ts'
import { Position, sumRows } from './position.ts'
import { reconnect } from './reconnect.ts'
import { resolveClaim } from './resolve-claim.ts'
import type { Tally } from './tally.ts'
import { kindOfError } from './target/sqlstate.ts'

export interface JobDrive {
  readonly context: EngineContext
  readonly drive: Drive
  readonly tally: Tally
  /** How long a lost connection is waited for; null: without end. */
  readonly reconnectMs: number | null
}

/** Settles what is in doubt: on a new connection, under a raised epoch. */
export async function settle(
  { context, drive, reconnectMs }: JobDrive,
  position: Position,
  cause: unknown,
): Promise<Resolution> {
  const { migration, signal } = drive
  const { jobId } = position.claim
  const isLost = kindOfError(cause) === 'connection'
  if (isLost) {
    const message = cause instanceof Error ? cause.message : String(cause)
    context.emitter.emit('connection:lost', { migrationId: migration.id, message })
  }
  for (;;) {
    await reconnect(context, reconnectMs, signal)
    try {
      const resolution = await withContentionRetries(
        context,
        () => resolveClaim(context, drive, { jobId, knowsCounts: true }),
        signal,
      )
      if (isLost) {
        const outcome = outcomeOf(resolution, position)
        context.emitter.emit('connection:back', { migrationId: migration.id, jobId, outcome })
      }
      return resolution
    } catch (error) {
      if (kindOfError(error) !== 'connection') throw error
    }
  }
}

/**
 * Where the job stands now; null when it succeeded. What was committed without an answer is counted from the progress row, so
 * that the run's own numbers stay exact. The changed rows of sub-batches that nobody heard of again are lost.
 */
export function recount(
  { tally }: JobDrive,
  position: Position,
  settled: Exclude<Resolution, { kind: 'claim_lost' }>,
): Position {
  const { backlog, claim } = position
  const now: Claim =
    settled.kind === 'succeeded' ? { ...claim, cursor: claim.max, slices: [], done: settled.done } : settled.claim
  backlog.resolve(now.cursor)
  if (!backlog.isExact) tally.loseCounts()
  const next = new Position(now, backlog)
  tally.add(sumRows(next.done, position.done, -1), now.cursor ?? claim.min)
  return next
}

function outcomeOf(resolution: Resolution, { predecessor }: Position): 'committed' | 'not_committed' | 'claim_lost' {
  if (resolution.kind === 'claim_lost') return 'claim_lost'
  if (resolution.kind === 'succeeded') return 'committed'
  return isSameKey(resolution.claim.cursor, predecessor) ? 'not_committed' : 'committed'
}
