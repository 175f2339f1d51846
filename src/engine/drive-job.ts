/** Drives one claimed job through its sub-batches, and answers each kind of error as protocol.md's section on errors says. */
import { backOff, withContentionRetries } from './contention.ts'
import type { Claim, DoneRows } from './claim.ts'
import { failClaim, releaseClaim } from './claims.ts'
import type { EngineContext } from './context.ts'
import { describeException } from './exception.ts'
import { commitSubBatch, finishEmptyJob } from './executor.ts'
import { exhausted } from './exhausted.ts'
import { isSameKey, type JobDrive, Position, recount, settle, sumRows } from './settle.ts'
import { kindOfError, sqlstateOf } from './target/sqlstate.ts'

/** The careful path: so often the same sub-batch is run again on a lock, a deadlock or a serialization conflict. */
const MAX_REPETITIONS = 5
/** So often in a row the same sub-batch may lose its connection before that counts as its own doing. */
const MAX_SETTLEMENTS = 3

export type JobEnd =
  | 'succeeded'
  | 'failed'
  | 'not_driven' //  the migration was paused or ended; the claim is released
  | 'claim_lost' //  taken over by somebody else: nothing more may be written
  | 'aborted' //     this run was asked to stop; the claim is released

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
  let position = new Position(first)
  let repetition = 0
  let settlements = 0
  emitter.emit('job:started', { ...ids, attempt: first.attempt, epoch: first.epoch, resumedFrom: first.cursor })

  for (;;) {
    try {
      if (drive.signal.aborted) return await release(jobDrive, first.jobId, 'the run was asked to stop', 'aborted')
      const isOver = await step(jobDrive, position, metrics)
      repetition = 0
      settlements = 0
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
          const before = position.predecessor
          const settled = await settle(jobDrive, position, error)
          if (settled.kind === 'claim_lost') return 'claim_lost'
          recount(jobDrive, position, settled)
          if (settled.kind === 'succeeded') return succeed(jobDrive, { ...ids, startedAtMs, first, done: settled.done })
          position = new Position(settled.claim)
          // A statement that ends its own session, each time: the server comes back, the sub-batch gets nowhere.
          settlements = isSameKey(before, position.predecessor) ? settlements + 1 : 0
          if (settlements >= MAX_SETTLEMENTS) return await fail(jobDrive, position.claim, metrics, error)
          await pauseBefore(context, settlements, drive.signal)
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
          // The author's code is given the signal: what an abort cut short is no failure of the job.
          if (drive.signal.aborted) return await release(jobDrive, first.jobId, 'the run was asked to stop', 'aborted')
          return await fail(jobDrive, position.claim, metrics, error)
      }
    }
  }
  return succeed(jobDrive, { ...ids, startedAtMs, first, done: position.done })
}

/** One sub-batch. Returns whether the job is over. */
async function step({ context, drive, tally }: JobDrive, position: Position, metrics: Metrics): Promise<boolean> {
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
  const done = {
    scanned: slice.scanned,
    changed: outcome.changed,
    unresolved: outcome.unresolved,
    quarantined: outcome.quarantined.length,
  }
  position.done = sumRows(position.done, done)
  tally.add(done, slice.end)
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

interface Success {
  readonly migrationId: string
  readonly jobId: string
  readonly startedAtMs: number
  readonly first: Claim
  readonly done: DoneRows
}

function succeed({ context, tally }: JobDrive, { startedAtMs, first, done, ...ids }: Success): JobEnd {
  const { scanned, changed } = sumRows(done, first.done, -1)
  tally.flush()
  context.emitter.emit('job:succeeded', {
    ...ids,
    scanned,
    changed,
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
