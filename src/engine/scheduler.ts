/**
 * `work`: ticks over all active migrations of this database, oldest first, at most one per table, a few at a time, each one
 * job per interval. Several machines may do this at once: the lease and the claims keep them apart.
 */
import { toAppError, TrancheError } from '../shared/errors.ts'
import { raw, sql } from '../shared/sql.ts'
import { MIGRATION_STATUS_CODES } from '../shared/status.ts'
import { type EngineContext, inTransaction } from './context.ts'
import { reconnect } from './reconnect.ts'
import { runMigration } from './runner.ts'
import { kindOfError } from './target/sqlstate.ts'

const TICK_MS = 1_000
/** GitLab's default of database_max_running_batched_background_migrations. */
const DEFAULT_PARALLEL = 2
const INTERVAL_VARIANCE_SECONDS = 5

export interface WorkOptions {
  /** One pass over what is due, then end. */
  readonly once?: boolean
  readonly parallel?: number
  readonly signal?: AbortSignal
}

/** Resolves when the signal is aborted (jobs in hand are released first), or after one pass. */
export async function work(context: EngineContext, options: WorkOptions = {}): Promise<{ readonly jobsRun: number }> {
  const { once = false, parallel = DEFAULT_PARALLEL } = options
  const signal = options.signal ?? new AbortController().signal
  const driven = new Map<string, Promise<void>>()
  const skipped = new Set<string>()
  let jobsRun = 0

  const start = (migrationId: string): void => {
    const driving = driveOneJob(context, migrationId, signal)
      .then((count) => {
        jobsRun += count
      })
      .catch((error: unknown) => {
        tellOnce(context, skipped, migrationId, error)
      })
      .finally(() => driven.delete(migrationId))
    driven.set(migrationId, driving)
  }
  while (!signal.aborted) {
    try {
      const due = await listDue(context)
      for (const id of due) if (driven.size < parallel && !driven.has(id)) start(id)
    } catch (error) {
      if (kindOfError(error) !== 'connection') throw error
      await reconnect(context, null, signal).catch(() => undefined)
    }
    if (once) break
    await context.clock.sleep(TICK_MS, signal).catch(() => undefined)
  }
  await Promise.all(driven.values())
  return { jobsRun }
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

/** The oldest active migration of each table, whose interval has passed since its last job started. */
async function listDue(context: EngineContext): Promise<readonly string[]> {
  const { tables } = context
  const { rows } = await inTransaction(context, (transaction) =>
    transaction.query(
      sql`SELECT id FROM (
            SELECT DISTINCT ON (d.table_oid) m.id, m."interval",
                   (SELECT max(j.started_at) FROM ${tables.jobs} AS j WHERE j.batched_background_migration_id = m.id) AS last_start
              FROM ${tables.migrations} AS m JOIN ${tables.details} AS d ON d.migration_id = m.id
             WHERE m.status = ${MIGRATION_STATUS_CODES.active} AND (m.on_hold_until IS NULL OR m.on_hold_until < clock_timestamp())
             ORDER BY d.table_oid, m.id) AS oldest
           WHERE last_start IS NULL OR last_start <= clock_timestamp() - make_interval(secs => "interval" - ${INTERVAL_VARIANCE_SECONDS}::int)
           ORDER BY ${raw('id')}`,
    ),
  )
  return rows.map((row) => String(row.id))
}

/** What keeps a migration from being driven here is told once, not at every tick. */
function tellOnce({ logger }: EngineContext, skipped: Set<string>, migrationId: string, error: unknown): void {
  const { code, message, remedy } = toAppError(error)
  if (error instanceof TrancheError && code === 'table_busy') return
  const key = `${migrationId} ${code} ${message}`
  if (skipped.has(key)) return
  skipped.add(key)
  logger.log('warn', 'migration skipped', { migrationId, code, message, remedy })
}
