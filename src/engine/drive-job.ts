/** Drives one claimed job through its sub-batches, and answers each kind of error as protocol.md's section on errors says. */
import { isSameKey } from './backlog.ts'
import type { Slice } from './batching/strategy.ts'
import type { Claim } from './claim.ts'
import { releaseClaim } from './claims.ts'
import type { EngineContext } from './context.ts'
import { backOff, withContentionRetries } from './contention.ts'
import { beginCourse, count, type Course, dropNext, operationsOf } from './course.ts'
import { describeException } from './exception.ts'
import { commitSubBatch, finishEmptyJob, prepareSubBatch } from './executor.ts'
import { failClaim } from './fail-claim.ts'
import { exhausted } from './exhausted.ts'
import type { Outcome } from './performer.ts'
import { narrow } from './narrowing.ts'
import { sumRows } from './position.ts'
import { runAhead } from './run-ahead.ts'
import { type JobDrive, recount, settle } from './settle.ts'
import { settleCounts } from './settle-counts.ts'
import { isAsLateAs } from './target/elapsed.ts'
import { isLockTimeout, kindOfError, sqlstateOf } from './target/sqlstate.ts'

/** The careful path: so often the same sub-batch is run again on a lock, a deadlock or a serialization conflict. */
const MAX_REPETITIONS = 5

export type JobEnd =
  | 'succeeded'
  | 'failed'
  | 'not_driven' //  the migration was paused or ended; the claim is released
  | 'claim_lost' //  taken over by somebody else: nothing more may be written
  | 'aborted' //     this run was asked to stop; the claim is released

/** Throws target_lost, target_exhausted and errors of the engine itself; a job's own failure is a result, no exception. */
export async function driveJob(jobDrive: JobDrive, first: Claim): Promise<JobEnd> {
  const { context, drive, tally } = jobDrive
  const { emitter, clock } = context
  const ids = { migrationId: drive.migration.id, jobId: first.jobId }
  const course = beginCourse(first, clock.now().getTime())
  let repetition = 0
  let settlements = 0
  const { from, attempt, epoch, cursor: resumedFrom } = first
  emitter.emit('job:started', { ...ids, from, attempt, epoch, resumedFrom })

  for (;;) {
    try {
      if (drive.signal.aborted) return await release(jobDrive, course, 'the run was asked to stop', 'aborted')
      const isOver = await step(jobDrive, course)
      repetition = 0
      settlements = 0
      if (isOver) break
      await pauseAfter(context, course, drive.signal)
    } catch (error) {
      const wasAlone = course.isAlone
      const failedAfterMs = performance.now() - course.startedStepAtMs
      await dropNext(course, error)
      const kind = kindOfError(error)
      switch (kind) {
        case 'claim_lost':
          return 'claim_lost'
        case 'not_driven':
          return await release(jobDrive, course, 'the migration was paused or ended', 'not_driven')
        case 'exhausted':
          // A full disk may refuse this too; the claim then falls to the next run.
          await release(jobDrive, course, describeException(error).message, 'aborted').catch(() => undefined)
          throw exhausted(error)
        case 'connection':
        case 'predecessor': {
          const before = course.position.predecessor
          const settled = await settle(jobDrive, course.position, error)
          if (settled.kind === 'claim_lost') return 'claim_lost'
          course.position = recount(jobDrive, course.position, settled)
          if (settled.kind === 'succeeded') return succeed(jobDrive, course)
          // A statement that ends its own session, each time: the server comes back, the sub-batch gets nowhere.
          settlements = isSameKey(before, course.position.predecessor) ? settlements + 1 : 0
          if (settlements > context.limits.freeLosses) return await fail(jobDrive, course, { error, failedAfterMs })
          course.isAlone = settlements > 0
          await pauseBefore(context, settlements, drive.signal)
          continue
        }
        case 'contention':
          repetition += 1
          course.isAlone = true
          if (repetition <= MAX_REPETITIONS) {
            emitter.emit('sub_batch:repeated', { ...ids, sqlstate: sqlstateOf(error) ?? '', repetition })
            if (isLockTimeout(error))
              tally.wait('another session holds a lock on the rows that are next, or on their table')
            await pauseBefore(context, repetition, drive.signal)
            continue
          }
          return await fail(jobDrive, course, { error, failedAfterMs })
        case 'timeout':
        case 'job':
          // The author's code is given the signal: what an abort cut short is no failure of the job.
          if (drive.signal.aborted) return await release(jobDrive, course, 'the run was asked to stop', 'aborted')
          course.isAlone = true
          if (wasAlone && !(await goOnWithin(jobDrive, course, error))) {
            return await fail(jobDrive, course, { error, failedAfterMs })
          }
      }
    }
  }
  const end = succeed(jobDrive, course)
  // The job has ended, and the tables say so; nothing is held but this lane.
  await pauseAfter(context, course, drive.signal)
  return end
}

/** Whether the sub-batch is narrowed to the rows that fail; those behind it go on. */
async function goOnWithin({ context, drive }: JobDrive, course: Course, error: unknown): Promise<boolean> {
  const { position } = course
  const narrowed = await withContentionRetries(context, () => narrow(context, drive, position, error))
  if (narrowed === null) return false
  if (narrowed.kind === 'row') course.next = narrowed.prepared
  else course.position = position.divided(narrowed.slices)
  const { exceptionClass, message } = describeException(error)
  const ids = { migrationId: drive.migration.id, jobId: position.claim.jobId }
  const rows = position.claim.slices[position.index]?.scanned ?? 0
  context.emitter.emit('sub_batch:narrowed', { ...ids, rows, exceptionClass, exceptionMessage: message })
  return true
}

/** The next sub-batch by itself, or as many as can be sent without a pause. Returns whether the job is over. */
async function step(jobDrive: JobDrive, course: Course): Promise<boolean> {
  const { context, drive } = jobDrive
  const { position } = course
  const { claim, predecessor, index } = position
  const slice = claim.slices[index]
  if (slice === undefined) {
    // Of sub-batches before a lost connection; the rest of the range may have been emptied since.
    await settleCounts(context, drive, position)
    await finishEmptyJob(context, drive, claim)
    return true
  }
  const startedAtMs = performance.now()
  course.startedStepAtMs = startedAtMs
  const mayRunAhead = claim.pauseMs === 0 && !course.isAlone
  // Until it turns out to be static, a failure is that of this sub-batch alone.
  course.isAlone = true
  const prepared =
    course.next ?? (await (course.ahead.take(slice) ?? prepareSubBatch(context, drive, { claim, slice, predecessor })))
  course.next = null
  const after = claim.slices[index + 1]
  if (after !== undefined) course.ahead.start(context, drive, { claim, slice: after, predecessor: slice.end })
  const onCommitted = (done: Slice, outcome: Outcome, milliseconds: number): void => {
    count(jobDrive, course, done, { outcome, milliseconds })
  }
  const finishWith = (outcome: Outcome, milliseconds: number): Readonly<Record<string, unknown>> =>
    course.metrics.toJson(operationsOf(drive, { outcome, milliseconds }))
  if (mayRunAhead && prepared.isStatic) {
    course.isAlone = false
    const { isOver, next } = await runAhead(jobDrive, { position, first: prepared, onCommitted, finishWith })
    course.next = next
    return isOver
  }
  const isLast = index === claim.slices.length - 1
  const outcome = await commitSubBatch(
    context,
    drive,
    {
      claim,
      slice,
      predecessor,
      backlog: position.backlog,
      finishWith: isLast ? (changed) => finishWith(changed, performance.now() - startedAtMs) : null,
    },
    prepared,
  )
  onCommitted(slice, outcome, performance.now() - startedAtMs)
  course.isAlone = false
  return isLast
}

function succeed({ context, drive, tally }: JobDrive, { position, first, startedAtMs }: Course): JobEnd {
  const { scanned, changed } = sumRows(position.done, first.done, -1)
  tally.flush()
  context.emitter.emit('job:succeeded', {
    migrationId: drive.migration.id,
    jobId: first.jobId,
    scanned,
    changed,
    seconds: (context.clock.now().getTime() - startedAtMs) / 1000,
  })
  return 'succeeded'
}

async function fail(
  { context, drive, tally }: JobDrive,
  { position, metrics }: Course,
  { error, failedAfterMs }: { readonly error: unknown; readonly failedAfterMs: number },
): Promise<JobEnd> {
  const { claim } = position
  const { exceptionClass, message } = describeException(error)
  const operation = { name: drive.loaded.definition.operation, milliseconds: failedAfterMs, affectedRows: null }
  await settleCounts(context, drive, position)
  const isOurs = await withContentionRetries(context, () =>
    failClaim(context, drive, {
      claim,
      exceptionClass,
      exceptionMessage: message,
      metrics: metrics.toJson([operation]),
      isTimeout: kindOfError(error) === 'timeout' && isAsLateAs(error, context.limits.statementTimeoutMs),
    }),
  )
  if (!isOurs) return 'claim_lost'
  tally.flush()
  context.emitter.emit('job:failed', {
    migrationId: drive.migration.id,
    jobId: claim.jobId,
    attempt: claim.attempt,
    exceptionClass,
    exceptionMessage: message,
    operation,
  })
  return 'failed'
}

async function release(
  { context, drive, tally }: JobDrive,
  course: Course,
  reason: string,
  end: JobEnd,
): Promise<JobEnd> {
  const { position } = course
  const { jobId } = position.claim
  await dropNext(course, new Error(reason))
  await settleCounts(context, drive, position)
  const isReleased = await withContentionRetries(context, () => releaseClaim(context, drive, jobId, reason))
  tally.flush()
  if (isReleased) context.emitter.emit('job:released', { migrationId: drive.migration.id, jobId, reason })
  return end
}

/**
 * Behind every sub-batch, the job's last one too: else jobs of one sub-batch would leave the target no rest. Pauses wait outside
 * any transaction and hold no connection; an abort ends them early, and is seen where the next sub-batch or job would begin.
 */
async function pauseAfter({ clock }: EngineContext, { position }: Course, signal: AbortSignal): Promise<void> {
  const { pauseMs, slices } = position.claim
  if (pauseMs > 0 && slices.length > 0) await clock.sleep(pauseMs, signal).catch(() => undefined)
}

async function pauseBefore(context: EngineContext, repetition: number, signal: AbortSignal): Promise<void> {
  await backOff(context, repetition, signal).catch(() => undefined)
}
