/** One run: joins the table lease as a runner, drives the migration in one or more lanes, and leaves. */
import { TrancheError } from '../shared/errors.ts'
import { isPastRun, type MigrationStatus } from '../shared/status.ts'
import { createAfterJob } from './after-job.ts'
import { withContentionRetries } from './contention.ts'
import { type EngineContext, inTransaction, inWritingTransaction } from './context.ts'
import { assertDrivable, endOf, nothingToDo } from './drivable.ts'
import { assertNoDrift, type Drive, loadSubject } from './drive.ts'
import { Foresight } from './foresight.ts'
import { createHealthMonitor } from './health/monitor.ts'
import { startHeartbeat } from './heartbeat.ts'
import { decide, type Lanes, runLane } from './lane.ts'
import { createMutex } from './mutex.ts'
import { assertSameOrder } from './key-order.ts'
import { type Joined, joinLease, leaveLease } from './lease.ts'
import { type Counting, openTally } from './open-tally.ts'
import { withReconnects } from './reconnect.ts'
import { getTransformer } from './row-performer.ts'
import { findRunnable } from './runnable-job.ts'
import type { Tally } from './tally.ts'
import { kindOfError, sqlstateOf } from './target/sqlstate.ts'
import type { Transaction } from './target/transaction.ts'
import { findMigration } from './tracking/find-migration.ts'
import { recordEvent } from './tracking/record-event.ts'
import { type StatusChange, unknownMigration } from './transitions.ts'
import type { Migration, RunOptions, RunOutcome } from './types.ts'

export interface Driving extends RunOptions {
  /** Statuses under which this run may write (default: active and finalizing). */
  readonly drivenStatuses?: readonly MigrationStatus[]
  /** How long a lost connection is waited for; null: without end; default: the limit of the context. */
  readonly reconnectMs?: number | null
  /** Whether the journal gets a run's start and end (a scheduler's single jobs would flood it). */
  readonly isJournaled?: boolean
  /** What begins with joining the lease, in its transaction; finalize sets its status there. */
  readonly begin?: (transaction: Transaction) => Promise<StatusChange>
  /** End instead of waiting when no job is due or to be had (a scheduler comes back by itself). */
  readonly endsWhenIdle?: boolean
}

interface Patience {
  readonly limitMs: number | null
  readonly signal: AbortSignal
}

const NEVER = new AbortController().signal
const DRIVEN: readonly MigrationStatus[] = ['active', 'finalizing']

/**
 * Drives a migration until it ends, is paused, or the run is stopped. Throws migration_paused, migration_failed,
 * table_busy, definition_drift, column_unsupported, target_lost, target_exhausted. A migration that ended before answers nothing_to_do.
 */
export async function runMigration(
  context: EngineContext,
  migrationId: string,
  options: Driving = {},
): Promise<RunOutcome> {
  const subject = await loadSubject(context, migrationId)
  const { migration } = subject
  const startedAtMs = context.clock.now().getTime()
  if (isPastRun(migration.status)) return nothingToDo(migration)
  if (options.begin === undefined && migration.status !== 'finalizing')
    assertDrivable(migration, options.drivenStatuses ?? DRIVEN)
  assertNoDrift(subject)
  assertSameOrder(subject)
  if (options.jobId !== undefined && (await findRunnable(context, migrationId, options.jobId)) === 'succeeded') {
    return nothingToDo(migration)
  }
  if (typeof subject.loaded.definition.perform !== 'function') getTransformer(context)

  const halt = new AbortController()
  const drive: Drive = {
    ...subject,
    runnerId: context.random.uuid(),
    drivenStatuses: options.drivenStatuses ?? DRIVEN,
    isPaced: options.paced ?? false,
    ignoresHealth: options.force ?? false,
    onlyJobId: options.jobId ?? null,
    foresight: new Foresight(),
    signal: AbortSignal.any([halt.signal, ...(options.signal === undefined ? [] : [options.signal])]),
    halt: () => {
      halt.abort()
    },
  }
  const counting = await openTally(context, subject)
  const { tally } = counting
  const { reason, failure } = await asRunner(context, drive, options, counting)
  tally.flush()
  const outcome: RunOutcome = {
    migration: await withReconnects(context, { limitMs: limitOf(context, options), signal: NEVER }, () =>
      getMigration(context, migrationId),
    ),
    done: reason === 'finished' || reason === 'failed',
    reason,
    failure,
    ...tally.jobs(),
    rows: tally.rows(),
    seconds: (context.clock.now().getTime() - startedAtMs) / 1000,
  }
  context.emitter.emit('run:ended', outcome)
  return outcome
}

type RunEnd = Pick<RunOutcome, 'reason' | 'failure'>

async function asRunner(
  context: EngineContext,
  drive: Drive,
  options: Driving,
  { tally, recount }: Counting,
): Promise<RunEnd> {
  const { migration, runnerId, scoped, signal } = drive
  const membership = { migrationId: migration.id, leaseOid: scoped.table.leaseOid, runnerId }
  const patience = { limitMs: limitOf(context, options), signal }
  const joined = await join(context, drive, { membership, patience, begin: options.begin })
  if (joined === null) return { reason: 'aborted', failure: null }
  if (!drive.drivenStatuses.includes(joined.status)) return { reason: endOf(joined.status), failure: null }

  const lanes = createLanes(context, drive, options, tally)
  const stopHeartbeat = startHeartbeat(context, {
    runnerId,
    onBeat: recount,
    onDeclaredDead: () => {
      lanes.end ??= 'taken_over'
      drive.halt()
    },
  })
  const watching = new AbortController()
  const watch = drive.ignoresHealth ? Promise.resolve() : lanes.monitor.watch(watching.signal)
  const details = { runnerId, parallel: options.parallel ?? 1, paced: drive.isPaced, force: drive.ignoresHealth }
  try {
    await journal(context, options, patience, { kind: 'run', migrationId: migration.id, details })
    context.emitter.emit('run:started', { migrationId: migration.id, runnerId, migration })
    await runLanes(lanes, options.parallel ?? 1)
    await decideAtLimit(lanes, patience)
  } finally {
    watching.abort()
    await Promise.all([watch, stopHeartbeat()])
    await leave(context, membership, patience)
  }
  const reason = lanes.end ?? 'aborted'
  await journal(context, options, patience, {
    kind: 'run_ended',
    migrationId: migration.id,
    details: { runnerId, reason, jobsRun: tally.jobs().jobsRun },
  })
  return { reason, failure: lanes.failure }
}

interface Joins {
  readonly membership: Parameters<typeof leaveLease>[1]
  readonly patience: Patience
  readonly begin: Driving['begin']
}

/** null: asked to stop before it had joined. */
async function join(
  context: EngineContext,
  drive: Drive,
  { membership, patience, begin }: Joins,
): Promise<Joined | null> {
  const { migration, drivenStatuses, signal } = drive
  try {
    const joined = await withReconnects(context, patience, () =>
      withContentionRetries(context, () => joinLease(context, { ...membership, drivenStatuses, begin }), signal),
    )
    for (const { jobId, fromRunner } of joined.takenOver) {
      context.emitter.emit('job:taken_over', { migrationId: migration.id, jobId, fromRunner })
    }
    for (const change of joined.changes) tellChange(context, migration.id, change)
    return joined
  } catch (error) {
    if (signal.aborted) return null
    throw error
  }
}

function tellChange({ emitter }: EngineContext, migrationId: string, change: StatusChange): void {
  emitter.emit('migration:changed', {
    migrationId,
    event: change.to === 'finalizing' ? 'finalize' : 'restore',
    ...change,
  })
}

/** The jobs of the limit may have been the last ones of all; only now are those of the other lanes over too. */
async function decideAtLimit(lanes: Lanes, patience: Patience): Promise<void> {
  if (lanes.end !== 'job_limit') return
  lanes.end = null
  await withReconnects(lanes.context, patience, () => decide(lanes)).catch((error: unknown) => {
    if (!patience.signal.aborted) throw error
  })
  lanes.end ??= 'job_limit'
}

function limitOf({ limits }: EngineContext, { reconnectMs }: Driving): number | null {
  return reconnectMs === undefined ? limits.reconnectMs : reconnectMs
}

/** When one lane throws, the others finish their sub-batch, release and end before the error is told. */
async function runLanes(lanes: Lanes, count: number): Promise<void> {
  const settled = await Promise.allSettled(
    Array.from({ length: count }, () =>
      runLane(lanes).catch((error: unknown) => {
        lanes.end ??= 'aborted'
        lanes.drive.halt()
        throw error
      }),
    ),
  )
  const thrown = settled.find((result) => result.status === 'rejected')
  if (thrown === undefined) return
  await explain(lanes, thrown.reason)
  throw thrown.reason
}

/** What the server says of a table that was altered, renamed or dropped under the run is said better by looking at it again. */
async function explain({ context, drive }: Lanes, thrown: unknown): Promise<void> {
  if (sqlstateOf(thrown)?.startsWith('42') === true) assertSameOrder(await loadSubject(context, drive.migration.id))
}

function createLanes(context: EngineContext, drive: Drive, options: Driving, tally: Tally): Lanes {
  const monitor = createHealthMonitor(context, drive.scoped.table.oid)
  return {
    context,
    drive,
    tally,
    monitor,
    afterJob: createAfterJob(context, drive, monitor),
    maxJobs: options.jobId === undefined ? (options.maxJobs ?? null) : 1,
    reconnectMs: limitOf(context, options),
    endsWhenIdle: options.endsWhenIdle ?? false,
    end: null,
    failure: null,
    driven: new Set(),
    started: 0,
    isInDoubt: false,
    busySinceMs: null,
    claiming: createMutex(),
  }
}

/** What cannot be unregistered now (the server is gone) counts as dead after 30 s, or at once on this host. */
async function leave(
  context: EngineContext,
  membership: Parameters<typeof leaveLease>[1],
  patience: Patience,
): Promise<void> {
  try {
    const change = await withReconnects(context, patience, () =>
      withContentionRetries(context, () => leaveLease(context, membership)),
    )
    if (change !== null) tellChange(context, membership.migrationId, change)
  } catch (error) {
    if (kindOfError(error) === 'job' && !(error instanceof TrancheError) && !patience.signal.aborted) throw error
    context.logger.log('warn', 'the runner could not be unregistered', {
      message: error instanceof Error ? error.message : String(error),
    })
  }
}

async function journal(
  context: EngineContext,
  { isJournaled = true }: Driving,
  patience: Patience,
  event: Parameters<typeof recordEvent>[2],
): Promise<void> {
  if (!isJournaled) return
  try {
    await withReconnects(context, patience, () =>
      inWritingTransaction(context, (transaction) => recordEvent(transaction, context, event)),
    )
  } catch (error) {
    // Asked to stop while the server was away: the run's end is told by its outcome.
    if (!patience.signal.aborted) throw error
  }
}

async function getMigration(context: EngineContext, migrationId: string): Promise<Migration> {
  const found = await inTransaction(context, (transaction) => findMigration(transaction, context.tables, migrationId))
  if (found === null) throw unknownMigration(migrationId)
  return found
}
