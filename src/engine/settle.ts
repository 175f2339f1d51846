/** Where a driven job stands, and how a lost connection is turned into "committed" or "not committed". */
import type { Claim, DoneRows, Resolution } from './claim.ts'
import { resolveClaim } from './resolve-claim.ts'
import { withContentionRetries } from './contention.ts'
import type { EngineContext } from './context.ts'
import type { Drive } from './drive.ts'
import { reconnect } from './reconnect.ts'
import type { Tally } from './tally.ts'
import { kindOfError } from './target/sqlstate.ts'
import type { Key } from './types.ts'

export interface JobDrive {
  readonly context: EngineContext
  readonly drive: Drive
  readonly tally: Tally
  /** How long a lost connection is waited for; null: without end. */
  readonly reconnectMs: number | null
}

/** Where a job stands: which slice is next, and behind which end. */
export class Position {
  readonly claim: Claim
  index = 0
  predecessor: Key | null
  /** What the job's progress row counts, as far as we know. */
  done: DoneRows

  constructor(claim: Claim) {
    this.claim = claim
    this.predecessor = claim.cursor
    this.done = claim.done
  }
}

/** Settles what is in doubt: on a new connection, under a raised epoch. */
export async function settle(
  { context, drive, reconnectMs }: JobDrive,
  position: Position,
  cause: unknown,
): Promise<Resolution> {
  const { migration, signal } = drive
  const { jobId } = position.claim
  const inFlight = position.claim.slices[position.index]?.end ?? null
  context.emitter.emit('connection:lost', {
    migrationId: migration.id,
    message: cause instanceof Error ? cause.message : String(cause),
  })
  for (;;) {
    await reconnect(context, reconnectMs, signal)
    try {
      const resolution = await withContentionRetries(context, () => resolveClaim(context, drive, jobId), signal)
      context.emitter.emit('connection:back', {
        migrationId: migration.id,
        jobId,
        outcome: outcomeOf(resolution, inFlight),
      })
      return resolution
    } catch (error) {
      if (kindOfError(error) !== 'connection') throw error
    }
  }
}

/** What was committed without an answer is counted from the progress row, so that the run's own numbers stay exact. */
export function recount(
  { tally }: JobDrive,
  position: Position,
  settled: Exclude<Resolution, { kind: 'claim_lost' }>,
): void {
  const done = settled.kind === 'succeeded' ? settled.done : settled.claim.done
  const end = settled.kind === 'succeeded' ? position.claim.max : (settled.claim.cursor ?? position.claim.min)
  tally.add(sumRows(done, position.done, -1), end)
}

export function sumRows(left: DoneRows, right: DoneRows, sign: 1 | -1 = 1): DoneRows {
  return {
    scanned: left.scanned + sign * right.scanned,
    changed: left.changed + sign * right.changed,
    unresolved: left.unresolved + sign * right.unresolved,
    quarantined: left.quarantined + sign * right.quarantined,
  }
}

export function isSameKey(left: Key | null, right: Key | null): boolean {
  return left?.join('\0') === right?.join('\0')
}

function outcomeOf(resolution: Resolution, inFlight: Key | null): 'committed' | 'not_committed' | 'claim_lost' {
  if (resolution.kind === 'claim_lost') return 'claim_lost'
  if (resolution.kind === 'succeeded') return 'committed'
  const { cursor } = resolution.claim
  return inFlight !== null && isSameKey(cursor, inFlight) ? 'committed' : 'not_committed'
}
