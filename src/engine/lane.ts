/** A lane claims jobs and drives them, one after the other, until the migration or the run ends. A run has one or more. */
import { TrancheError } from '../shared/errors.ts'
import { formatTime } from '../shared/format-duration.ts'
import type { MigrationFailure } from '../shared/migration-failure.ts'
import { reasonOfHold } from '../shared/health.ts'
import { isPastRun } from '../shared/status.ts'
import type { AfterJob } from './after-job.ts'
import { endOf } from './drivable.ts'
import { backOff } from './contention.ts'
import type { Claim, ClaimOutcome } from './claim.ts'
import { claimJob } from './claims.ts'
import type { EngineContext } from './context.ts'
import type { Drive } from './drive.ts'
import { driveJob, type JobEnd } from './drive-job.ts'
import { decideEnding } from './ending.ts'
import { takeOverStale } from './lease.ts'
import type { Mutex } from './mutex.ts'
import { isPlanningTimeout } from './plan-by-rows.ts'
import { exhausted } from './exhausted.ts'
import type { HealthMonitor } from './health/monitor.ts'
import { isHeldByOthers } from './held-by-others.ts'
import { reconsiderHold } from './hold.ts'
import { reconnect } from './reconnect.ts'
import { findUnknownClaims, resolveClaim } from './resolve-claim.ts'
import type { Tally } from './tally.ts'
import { isLockTimeout, kindOfError } from './target/sqlstate.ts'
import type { RunEndReason } from './types.ts'

const POLL_MS = 1_000
/** So long a lock of somebody else is met again and again before that is called waiting. */
const BUSY_SHOWN_AFTER_MS = 1_000

/** What the lanes of one run share. */
export interface Lanes {
  readonly context: EngineContext
  readonly drive: Drive
  readonly tally: Tally
  readonly monitor: HealthMonitor
  readonly afterJob: AfterJob
  readonly maxJobs: number | null
  readonly reconnectMs: number | null
  readonly endsWhenIdle: boolean
  /** Why the run ends; the first reason stays. null while it goes on. */
  end: RunEndReason | null
  /** Why the migration failed, where this run decided that. */
  failure: MigrationFailure | null
  /** Jobs that a lane of this process drives at this moment. */
  readonly driven: Set<string>
  /** Jobs started by this run. */
  started: number
  /** A connection was lost: a claim of ours may have been committed without an answer. */
  isInDoubt: boolean
  /** Since when somebody else holds the lock on the frontier or on the jobs to claim; null: nobody did. */
  busySinceMs: number | null
  /** One claim at a time in this process: a lane in doubt must not take what another lane has just been given. */
  readonly claiming: Mutex
}

/** Runs until `lanes.end` is set. Throws target_lost, target_exhausted and errors of the engine itself. */
export async function runLane(lanes: Lanes): Promise<void> {
  let contention = 0
  while (goesOn(lanes)) {
    try {
      await oneTurn(lanes)
      contention = 0
    } catch (error) {
      // What an abort cut short is no error; the loop's head ends the run.
      if (!goesOn(lanes)) return
      contention += 1
      await answer(lanes, error, contention)
    }
  }
}

/** What went wrong outside of a job: while claiming, planning or deciding. */
async function answer(lanes: Lanes, error: unknown, repetition: number): Promise<void> {
  switch (kindOfError(error)) {
    case 'contention':
      if (isLockTimeout(error)) waitFor(lanes, 'another session holds a lock that the next job needs', null)
      return backOff(lanes.context, repetition, lanes.drive.signal).catch(() => undefined)
    case 'connection':
      return comeBack(lanes, error).catch((reason: unknown) => {
        // Asked to stop while the server was away: nothing more can be done, and nothing more is to be told.
        if (goesOn(lanes)) throw reason
      })
    case 'exhausted':
      throw exhausted(error)
    case 'timeout':
      if (isPlanningTimeout(lanes.context, error)) throw planningTimeout(lanes, error)
      return backOff(lanes.context, repetition, lanes.drive.signal).catch(() => undefined)
    case 'claim_lost':
    case 'not_driven':
    case 'predecessor':
    case 'job':
      throw error
  }
}

function planningTimeout({ context, drive }: Lanes, cause: unknown): TrancheError {
  const limit = String(context.limits.planningTimeoutMs / 1000)
  return new TrancheError(
    'planning_timeout',
    `finding the next job of migration ${drive.migration.id} took longer than ${limit} s`,
    {
      remedy: `Probably no index serves the scope of ${drive.migration.jobClassName}: create one that leads with the batch column and covers the scope, or take the scope out of the definition.`,
      cause,
    },
  )
}

async function oneTurn(lanes: Lanes): Promise<void> {
  const outcome = await lanes.claiming.run(() => claimNext(lanes))
  if (outcome.kind !== 'busy') lanes.busySinceMs = null
  switch (outcome.kind) {
    case 'limit':
      endRun(lanes, 'job_limit')
      return
    case 'claimed':
      return driveClaim(lanes, outcome.claim)
    case 'busy':
      return onBusy(lanes)
    case 'held':
      return onHeld(lanes, outcome)
    case 'not_due':
      if (lanes.endsWhenIdle) {
        endRun(lanes, 'job_limit')
        return
      }
      waitFor(lanes, `the next job is due in ${String(Math.ceil(outcome.seconds))} s`, null)
      return sleep(lanes, Math.min(POLL_MS, outcome.seconds * 1000))
    case 'not_driven': {
      endRun(lanes, endOf(outcome.status))
      return
    }
    case 'taken_over':
      endRun(lanes, 'taken_over')
      return
    case 'nothing':
      // The one job that was asked for is somebody else's by now.
      if (lanes.drive.onlyJobId !== null) endRun(lanes, 'job_limit')
      return onNothingToClaim(lanes)
  }
}

/** Plans and claims of others take milliseconds; what lasts longer is told. */
async function onBusy(lanes: Lanes): Promise<void> {
  lanes.busySinceMs ??= performance.now()
  if (performance.now() - lanes.busySinceMs < BUSY_SHOWN_AFTER_MS)
    return sleep(lanes, 20 + lanes.context.random.next() * 60)
  waitFor(lanes, 'another session holds a lock on the jobs that are next', null)
  return sleep(lanes, POLL_MS)
}

/** Our own jobs first: the answer to a claim's COMMIT may have been lost. Runs under the mutex, so the limit is exact. */
async function claimNext(lanes: Lanes): Promise<ClaimOutcome | { readonly kind: 'limit' }> {
  const { context, drive, driven } = lanes
  if (lanes.maxJobs !== null && lanes.started >= lanes.maxJobs) return { kind: 'limit' }
  await drive.foresight.settle(drive.signal)
  let outcome: ClaimOutcome | null = null
  if (lanes.isInDoubt) outcome = await recoverOwnClaim(lanes)
  lanes.isInDoubt = outcome !== null
  outcome ??= await claimJob(context, drive)
  // The old backend may have committed only after that was looked for.
  if (outcome.kind === 'nothing') outcome = (await recoverOwnClaim(lanes)) ?? outcome
  if (outcome.kind === 'claimed') {
    driven.add(outcome.claim.jobId)
    lanes.started += 1
  }
  return outcome
}

async function recoverOwnClaim({ context, drive, driven }: Lanes): Promise<ClaimOutcome | null> {
  for (const jobId of await findUnknownClaims(context, drive, driven)) {
    const resolution = await resolveClaim(context, drive, { jobId, knowsCounts: false })
    if (resolution.kind === 'resumed') return { kind: 'claimed', claim: resolution.claim }
  }
  return null
}

async function driveClaim(lanes: Lanes, claim: Claim): Promise<void> {
  const { context, drive, tally, reconnectMs } = lanes
  let end: JobEnd
  try {
    if (claim.attempt === 1 && claim.cursor === null) {
      context.emitter.emit('job:planned', {
        migrationId: drive.migration.id,
        jobId: claim.jobId,
        from: claim.min,
        to: claim.max,
      })
    }
    end = await driveJob({ context, drive, tally, reconnectMs }, claim)
  } finally {
    lanes.driven.delete(claim.jobId)
  }
  switch (end) {
    case 'succeeded':
      tally.endAttempt(claim.jobId, { isSucceeded: true })
      return lanes.afterJob.run({ isSucceeded: true })
    case 'failed':
      tally.endAttempt(claim.jobId, { isSucceeded: false })
      await lanes.afterJob.run({ isSucceeded: false })
      // Too many failed jobs fail the migration at once, not only when its range is used up.
      return decide(lanes)
    case 'claim_lost': {
      endRun(lanes, 'taken_over')
      return
    }
    case 'aborted': {
      endRun(lanes, 'aborted')
      return
    }
    case 'not_driven':
      return // the next claim tells the status
  }
}

/** The end of a migration needs no job, so a hold does not keep it from being told. */
async function onHeld(lanes: Lanes, { until, serverNow }: Extract<ClaimOutcome, { kind: 'held' }>): Promise<void> {
  const { context, drive, monitor } = lanes
  await decide(lanes)
  if (!goesOn(lanes)) return
  const hold = await reconsiderHold(context, monitor, drive.migration.id)
  if (hold === null) return
  if (lanes.endsWhenIdle) {
    endRun(lanes, 'job_limit')
    return
  }
  waitFor(lanes, `on hold until ${formatTime(hold.until)}: ${reasonOfHold(hold)}`, new Date(hold.until))
  return sleep(lanes, Math.min(context.limits.holdCheckMs, Math.max(50, until.getTime() - serverNow.getTime())))
}

async function onNothingToClaim(lanes: Lanes): Promise<void> {
  const { context, drive } = lanes
  await decide(lanes)
  if (!goesOn(lanes)) return
  const taken = await takeOverStale(context, drive)
  for (const { jobId, fromRunner } of taken) {
    context.emitter.emit('job:taken_over', { migrationId: drive.migration.id, jobId, fromRunner })
  }
  if (taken.length > 0) return
  if (lanes.endsWhenIdle) {
    endRun(lanes, 'job_limit')
    return
  }
  // Another lane of this very run is still at work, or plans its job: that is no waiting.
  if (lanes.driven.size === 0 && (await isHeldByOthers(context, drive)))
    waitFor(lanes, 'other runners hold the jobs that are left', null)
  await sleep(lanes, POLL_MS)
}

/** Ends the migration where it ended. */
export async function decide(lanes: Lanes): Promise<void> {
  const { context, drive } = lanes
  const { status, change, failure } = await decideEnding(context, drive.migration.id)
  lanes.failure ??= failure
  if (change !== null) {
    const event = change.to === 'finished' ? 'finish' : 'failure'
    context.emitter.emit('migration:changed', { migrationId: drive.migration.id, event, ...change })
  }
  if (isPastRun(status)) endRun(lanes, 'finished')
  else if (status === 'failed') endRun(lanes, 'failed')
}

async function comeBack(lanes: Lanes, cause: unknown): Promise<void> {
  const { context, drive, reconnectMs } = lanes
  lanes.isInDoubt = true
  context.emitter.emit('connection:lost', {
    migrationId: drive.migration.id,
    message: cause instanceof Error ? cause.message : String(cause),
  })
  waitFor(lanes, 'the connection was lost; trying to come back', null)
  await reconnect(context, reconnectMs, drive.signal)
  context.emitter.emit('connection:back', { migrationId: drive.migration.id, jobId: null, outcome: null })
}

/** Asked anew each time: another lane, the heartbeat or the operator may have ended the run meanwhile. */
function goesOn(lanes: Lanes): boolean {
  if (lanes.drive.signal.aborted) endRun(lanes, 'aborted')
  return lanes.end === null
}

function endRun(lanes: Lanes, reason: RunEndReason): void {
  lanes.end ??= reason
}

function waitFor({ context, drive, tally }: Lanes, reason: string, until: Date | null): void {
  tally.wait(reason)
  context.emitter.emit('run:waiting', { migrationId: drive.migration.id, reason, until })
}

async function sleep({ context, drive }: Lanes, milliseconds: number): Promise<void> {
  await context.clock.sleep(milliseconds, drive.signal).catch(() => undefined)
}
