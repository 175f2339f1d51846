/**
 * `work`: ticks over all active migrations of this database, oldest first, at most one per table, a few at a time, each one
 * job per interval. Several machines may do this at once: the lease and the claims keep them apart.
 */
import { toAppError, TrancheError } from '../shared/errors.ts'
import { raw, sql } from '../shared/sql.ts'
import { MIGRATION_STATUS_CODES } from '../shared/status.ts'
import { inPatientTransaction } from './contention.ts'
import { type EngineContext, inTransaction } from './context.ts'
import { reconnect } from './reconnect.ts'
import { leaseRoot } from './lease-root.ts'
import { createLookAfter } from './look-after.ts'
import { runMigration } from './runner.ts'
import { registerScheduler } from './scheduler-runner.ts'
import { lastStart, spacing } from './spacing.ts'
import { type ErrorKind, kindOfError } from './target/sqlstate.ts'
import { findMigration } from './tracking/find-migration.ts'
import { recordEvent } from './tracking/record-event.ts'

const TICK_MS = 1_000
/** How long a migration that was refused here (its definition drifted, its class is unknown) is left alone. */
const REFUSED_MS = 60_000
/** GitLab's default of database_max_running_batched_background_migrations. */
const DEFAULT_PARALLEL = 2

export interface WorkOptions {
  /** One pass over what is due, then end. */
  readonly once?: boolean
  readonly parallel?: number
  readonly signal?: AbortSignal
}

/** Resolves when the signal is aborted (jobs in hand are released first), or after one pass over all that is due. */
export async function work(context: EngineContext, options: WorkOptions = {}): Promise<{ readonly jobsRun: number }> {
  const halt = new AbortController()
  const signal = AbortSignal.any([halt.signal, ...(options.signal === undefined ? [] : [options.signal])])
  const parallel = options.parallel ?? DEFAULT_PARALLEL
  const desk = createDesk(context, parallel, signal)
  // One pass over what is due is over before anybody looks who schedules.
  const runner = options.once === true ? null : await registerScheduler(context, { parallel })
  try {
    if (options.once === true) await desk.clear()
    else await tick(context, desk, signal)
  } catch (error) {
    // What is being driven must not be left behind by an error of the list.
    halt.abort()
    throw error
  } finally {
    await desk.done()
    await runner?.leave({ jobsRun: desk.jobsRun })
  }
  return { jobsRun: desk.jobsRun }
}

async function tick(context: EngineContext, desk: Desk, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    try {
      await desk.start()
    } catch (error) {
      const kind = kindOfError(error)
      if (kind === 'connection') {
        await reconnect(context, null, signal).catch((reason: unknown) => {
          if (!signal.aborted) throw reason
        })
      } else if (!isPassing(kind)) throw error
    }
    await context.clock.sleep(TICK_MS, signal).catch(() => undefined)
  }
}

/** What the next tick may find gone; no reason to leave anything alone. */
function isPassing(kind: ErrorKind): boolean {
  return kind === 'connection' || kind === 'contention' || kind === 'timeout'
}

interface Desk {
  jobsRun: number
  /** Starts what is due, as far as there is room. */
  start(): Promise<void>
  /** Drives everything that is due now, each once. */
  clear(): Promise<void>
  done(): Promise<void>
}

/** What is being driven, and what this host was refused lately. */
function createDesk(context: EngineContext, parallel: number, signal: AbortSignal): Desk {
  const driven = new Map<string, Promise<void>>()
  const refusedUntilMs = new Map<string, number>()
  const told = new Set<string>()
  const drive = (migrationId: string): void => {
    const driving = driveOneJob(context, migrationId, signal)
      .then((count) => {
        desk.jobsRun += count
      })
      .catch(async (error: unknown) => {
        if (isPassing(kindOfError(error))) return
        // A younger migration of the same table gets its turn meanwhile.
        refusedUntilMs.set(migrationId, context.clock.now().getTime() + REFUSED_MS)
        await tellOnce(context, told, migrationId, error)
        // Its definition may have been added, or put right, since the catalogue was read.
        await context.definitions.refresh?.().catch(() => undefined)
      })
      .finally(() => driven.delete(migrationId))
    driven.set(migrationId, driving)
  }
  const lookAfter = createLookAfter(context, signal)
  const due = async (): Promise<readonly string[]> => {
    await lookAfter()
    const nowMs = context.clock.now().getTime()
    const refused = [...refusedUntilMs].filter(([, untilMs]) => untilMs > nowMs).map(([id]) => id)
    return listDue(context, refused)
  }
  const desk: Desk = {
    jobsRun: 0,
    async start() {
      for (const id of await due()) if (driven.size < parallel && !driven.has(id)) drive(id)
    },
    async clear() {
      for (const id of await due()) {
        while (driven.size >= parallel) await Promise.race(driven.values())
        if (!signal.aborted) drive(id)
      }
    },
    async done() {
      await Promise.all(driven.values())
    },
  }
  return desk
}

async function driveOneJob(context: EngineContext, migrationId: string, signal: AbortSignal): Promise<number> {
  const { jobsRun } = await runMigration(context, migrationId, {
    maxJobs: 1,
    paced: true,
    signal,
    reconnectMs: null,
    isJournaled: false,
    endsWhenIdle: true,
  })
  return jobsRun
}

/**
 * The oldest active migration of each table that is not on hold, whose interval has passed since its last job started; none while
 * scheduling is switched off.
 */
async function listDue(context: EngineContext, refused: readonly string[]): Promise<readonly string[]> {
  const { tables } = context
  const { rows } = await inTransaction(context, (transaction) =>
    transaction.query(
      sql`SELECT id FROM (
            SELECT DISTINCT ON (lease_oid) m.id, ${spacing('m')} AS spacing, ${lastStart(tables, 'm')} AS last_start
              FROM ${tables.migrations} AS m JOIN ${tables.details} AS d ON d.migration_id = m.id
             CROSS JOIN LATERAL (SELECT ${leaseRoot(raw('d.table_oid'))} AS lease_oid) AS root
             WHERE m.gitlab_schema = ${`gitlab_${context.database}`} AND m.status = ${MIGRATION_STATUS_CODES.active}
               AND m.on_hold_until IS NULL AND (SELECT is_scheduling_on FROM ${tables.meta})
               AND m.id <> ALL (${[...refused]}::bigint[])
             ORDER BY lease_oid, m.id) AS oldest
           WHERE last_start IS NULL OR last_start <= clock_timestamp() - make_interval(secs => spacing)
           ORDER BY ${raw('id')}`,
    ),
  )
  return rows.map((row) => String(row.id))
}

/** What keeps a migration from being driven here is told once, not at every tick. */
async function tellOnce(
  context: EngineContext,
  skipped: Set<string>,
  migrationId: string,
  error: unknown,
): Promise<void> {
  const { code, message, remedy } = toAppError(error)
  if (error instanceof TrancheError && code === 'table_busy') return
  const key = `${migrationId} ${code} ${message}`
  if (skipped.has(key)) return
  skipped.add(key)
  const migration = await inTransaction(context, (transaction) =>
    findMigration(transaction, context.tables, migrationId),
  ).catch(() => null) // the reason is told in any case
  const jobClassName = migration?.jobClassName ?? null
  context.logger.log('warn', 'migration skipped', { migrationId, jobClassName, code, message, remedy })
}

/**
 * GitLab's execute_batched_migrations_on_schedule, for this database: while it is off no scheduler begins a job; what is running goes
 * on, and `run` is nobody's schedule. Journaled.
 */
export async function setScheduling(context: EngineContext, isOn: boolean): Promise<void> {
  await inPatientTransaction(context, async (transaction) => {
    await transaction.query(sql`UPDATE ${context.tables.meta} SET is_scheduling_on = ${isOn}`)
    await recordEvent(transaction, context, { kind: isOn ? 'scheduling_on' : 'scheduling_off' })
  })
}
