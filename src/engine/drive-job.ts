/** Drives one claimed job through its sub-batches, and answers each kind of error as protocol.md's section on errors says. */
import { TrancheError } from '../shared/errors.ts'
import { backOff, withContentionRetries } from './contention.ts'
import type { Claim } from './claim.ts'
import { failClaim, releaseClaim, resolveClaim } from './claims.ts'
import type { EngineContext } from './context.ts'
import type { Drive } from './drive.ts'
import { describeException } from './exception.ts'
import { commitSubBatch, finishEmptyJob } from './executor.ts'
import { reconnect } from './reconnect.ts'
import type { Tally } from './tally.ts'
import { kindOfError, sqlstateOf } from './target/sqlstate.ts'
import type { Key } from './types.ts'

/** The careful path: so often the same sub-batch is run again on a lock, a deadlock or a serialization conflict. */
const MAX_REPETITIONS = 5

export type JobEnd =
  | 'succeeded'
  | 'failed'
  | 'not_driven' //  the migration was paused or ended; the claim is released
  | 'claim_lost' //  taken over by somebody else: nothing more may be written
  | 'aborted' //     this run was asked to stop; the claim is released

export interface JobDrive {
  readonly context: EngineContext
  readonly drive: Drive
  readonly tally: Tally
  /** How long a lost connection is waited for; null: without end. */
  readonly reconnectMs: number | null
}

interface Metrics {
  readonly timings: number[]
  readonly affectedRows: number[]
}

/** Throws target_lost, target_exhausted and errors of the engine itself; a job's own failure is a result, no exception. */
export async function driveJob(jobDrive: JobDrive, first: Claim): Promise<JobEnd> {
  const { context, drive } = jobDrive
  const { emitter, clock } = context
  const ids = { migrationId: drive.migration.id, jobId: first.jobId }
  const startedAtMs = clock.now().getTime()
  const metrics: Metrics = { timings: [], affectedRows: [] }
  const counted = { scanned: 0, changed: 0 }
  let position = new Position(first)
  let repetition = 0
  emitter.emit('job:started', { ...ids, attempt: first.attempt, epoch: first.epoch, resumedFrom: first.cursor })

  for (;;) {
    try {
      if (drive.signal.aborted) return await release(jobDrive, first.jobId, 'the run was asked to stop', 'aborted')
      const isOver = await step(jobDrive, position, metrics, counted)
      repetition = 0
      if (isOver) break
      if (position.claim.pauseMs > 0) await pause(context, position.claim.pauseMs, drive.signal)
    } catch (error) {
      const kind = kindOfError(error)
      switch (kind) {
        case 'claim_lost':
          return 'claim_lost'
        case 'not_driven':
          return await release(jobDrive, first.jobId, 'the migration was paused or ended', 'not_driven')
        case 'exhausted':
          // A full disk may refuse this too; the claim then falls to the next run.
          await release(jobDrive, first.jobId, describeException(error).message, 'aborted').catch(() => undefined)
          throw exhausted(error)
        case 'connection':
        case 'predecessor': {
          const settled = await settle(jobDrive, position, error)
          if (settled === 'succeeded') return succeed(jobDrive, { ...ids, startedAtMs, counted })
          if (settled === 'claim_lost') return 'claim_lost'
          position = new Position(settled)
          continue
        }
        case 'contention':
          repetition += 1
          if (repetition <= MAX_REPETITIONS) {
            emitter.emit('sub_batch:repeated', { ...ids, sqlstate: sqlstateOf(error) ?? '', repetition })
            await pauseBefore(context, repetition, drive.signal)
            continue
          }
          return await fail(jobDrive, position.claim, metrics, error)
        case 'timeout':
        case 'job':
          return await fail(jobDrive, position.claim, metrics, error)
      }
    }
  }
  return succeed(jobDrive, { ...ids, startedAtMs, counted })
}

/** Where a job stands: which slice is next, and behind which end. */
class Position {
  readonly claim: Claim
  index = 0
  predecessor: Key | null

  constructor(claim: Claim) {
    this.claim = claim
    this.predecessor = claim.cursor
  }
}

/** One sub-batch. Returns whether the job is over. */
async function step(
  { context, drive, tally }: JobDrive,
  position: Position,
  metrics: Metrics,
  counted: { scanned: number; changed: number },
): Promise<boolean> {
  const { claim, predecessor } = position
  const slice = claim.slices[position.index]
  if (slice === undefined) {
    await finishEmptyJob(context, drive, claim)
    return true
  }
  const isLast = position.index === claim.slices.length - 1
  const startedAt = performance.now()
  const outcome = await commitSubBatch(context, drive, {
    claim,
    slice,
    predecessor,
    finishWith: isLast
      ? ({ changed }) =>
          metricsOf({
            timings: [...metrics.timings, (performance.now() - startedAt) / 1000],
            affectedRows: [...metrics.affectedRows, changed],
          })
      : null,
  })
  const milliseconds = performance.now() - startedAt
  position.predecessor = slice.end
  position.index += 1
  metrics.timings.push(milliseconds / 1000)
  metrics.affectedRows.push(outcome.changed)
  counted.scanned += slice.scanned
  counted.changed += outcome.changed
  tally.add(slice.scanned, outcome, slice.end)
  context.emitter.emit('sub_batch:committed', {
    migrationId: drive.migration.id,
    jobId: claim.jobId,
    end: slice.end,
    scanned: slice.scanned,
    changed: outcome.changed,
    milliseconds,
  })
  return isLast
}

/** Settles what is in doubt: on a new connection, under a raised epoch. */
async function settle(
  { context, drive, reconnectMs }: JobDrive,
  position: Position,
  cause: unknown,
): Promise<Claim | 'succeeded' | 'claim_lost'> {
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
      const outcome = outcomeOf(resolution, inFlight)
      context.emitter.emit('connection:back', { migrationId: migration.id, jobId, outcome })
      return resolution.kind === 'resumed' ? resolution.claim : resolution.kind
    } catch (error) {
      if (kindOfError(error) !== 'connection') throw error
    }
  }
}

function outcomeOf(
  resolution: Awaited<ReturnType<typeof resolveClaim>>,
  inFlight: Key | null,
): 'committed' | 'not_committed' | 'claim_lost' {
  if (resolution.kind === 'claim_lost') return 'claim_lost'
  if (resolution.kind === 'succeeded') return 'committed'
  const { cursor } = resolution.claim
  return cursor !== null && inFlight !== null && cursor.join('\0') === inFlight.join('\0')
    ? 'committed'
    : 'not_committed'
}

function succeed(
  { context, tally }: JobDrive,
  {
    startedAtMs,
    counted,
    ...ids
  }: { migrationId: string; jobId: string; startedAtMs: number; counted: { scanned: number; changed: number } },
): JobEnd {
  tally.flush()
  context.emitter.emit('job:succeeded', {
    ...ids,
    ...counted,
    seconds: (context.clock.now().getTime() - startedAtMs) / 1000,
  })
  return 'succeeded'
}

async function fail(
  { context, drive, tally }: JobDrive,
  claim: Claim,
  metrics: Metrics,
  error: unknown,
): Promise<JobEnd> {
  const { exceptionClass, message } = describeException(error)
  const isOurs = await withContentionRetries(context, () =>
    failClaim(context, drive, { claim, exceptionClass, exceptionMessage: message, metrics: metricsOf(metrics) }),
  )
  if (!isOurs) return 'claim_lost'
  tally.flush()
  context.emitter.emit('job:failed', {
    migrationId: drive.migration.id,
    jobId: claim.jobId,
    attempt: claim.attempt,
    exceptionClass,
    exceptionMessage: message,
  })
  return 'failed'
}

async function release(
  { context, drive, tally }: JobDrive,
  jobId: string,
  reason: string,
  end: JobEnd,
): Promise<JobEnd> {
  const isReleased = await withContentionRetries(context, () => releaseClaim(context, drive, jobId, reason))
  tally.flush()
  if (isReleased) context.emitter.emit('job:released', { migrationId: drive.migration.id, jobId, reason })
  return end
}

/** GitLab's shape: by operation, so that its queries read ours. */
function metricsOf({ timings, affectedRows }: Metrics): Readonly<Record<string, unknown>> {
  return { timings: { perform: timings }, affected_rows: { perform: affectedRows } }
}

/** Pauses wait outside any transaction; an abort ends them early and is seen at the loop's head. */
async function pause({ clock }: EngineContext, pauseMs: number, signal: AbortSignal): Promise<void> {
  await clock.sleep(pauseMs, signal).catch(() => undefined)
}

async function pauseBefore(context: EngineContext, repetition: number, signal: AbortSignal): Promise<void> {
  await backOff(context, repetition, signal).catch(() => undefined)
}

function exhausted(cause: unknown): TrancheError {
  return new TrancheError(
    'target_exhausted',
    `the server is out of resources, the run stopped: ${describeException(cause).message}`,
    {
      remedy: 'Free disk, memory or connections on the server, then run it again: it goes on where it stopped.',
      details: { sqlstate: sqlstateOf(cause) },
      cause,
    },
  )
}
