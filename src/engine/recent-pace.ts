/** How a migration went lately: the input of the estimate of the time that is left. */
import { sql } from '../shared/sql.ts'
import { JOB_STATUS_CODES } from '../shared/status.ts'
import type { RecentJob, TimeSpan } from '../shared/time-left.ts'
import { type EngineContext, onlyRow } from './context.ts'
import { DRIVING_KINDS, type DrivingEntry, idleSpans } from './idle-spans.ts'
import type { Transaction } from './target/transaction.ts'

/** As many as the optimizer looks at. */
const JOBS = 20

export interface RecentPace {
  readonly recent: readonly RecentJob[]
  readonly nowSeconds: number
  /** On hold since the first of them started, until now. */
  readonly heldSeconds: number
  readonly idle: readonly TimeSpan[]
}

export async function readRecentPace(
  transaction: Transaction,
  { tables }: Pick<EngineContext, 'tables'>,
  migrationId: string,
): Promise<RecentPace> {
  const { rows } = await transaction.query(
    sql`SELECT extract(epoch FROM j.started_at)::float8 AS "startedAtSeconds",
               extract(epoch FROM j.finished_at)::float8 AS "finishedAtSeconds", p.scanned::float8 AS scanned
          FROM ${tables.jobs} AS j JOIN ${tables.progress} AS p ON p.job_id = j.id
         WHERE j.batched_background_migration_id = ${migrationId} AND j.status = ${JOB_STATUS_CODES.succeeded}
           AND j.started_at IS NOT NULL AND j.finished_at IS NOT NULL
         ORDER BY j.finished_at DESC LIMIT ${JOBS}`,
  )
  const recent = rows as unknown as RecentJob[]
  const begin = recent.length === 0 ? null : Math.min(...recent.map(({ startedAtSeconds }) => startedAtSeconds))
  const held = await readHeld(transaction, { tables }, { migrationId, begin })
  const { rows: entries } = await transaction.query(
    sql`SELECT kind, extract(epoch FROM at)::float8 AS "atSeconds" FROM ${tables.events} AS e
         WHERE migration_id = ${migrationId} AND kind = ANY(${[...DRIVING_KINDS]}::text[]) AND at > to_timestamp(${begin ?? 0}::float8)
         ORDER BY id`,
  )
  return { recent, ...held, idle: idleSpans(entries as unknown as DrivingEntry[], recent, held.nowSeconds) }
}

/** Ended holds are in the journal; the one that stands began with the last `hold`. */
async function readHeld(
  transaction: Transaction,
  { tables }: Pick<EngineContext, 'tables'>,
  { migrationId, begin }: { readonly migrationId: string; readonly begin: number | null },
): Promise<Omit<RecentPace, 'recent' | 'idle'>> {
  const since = sql`greatest((e.details->>'since')::timestamptz, to_timestamp(${begin ?? 0}::float8))`
  const { rows } = await transaction.query(
    sql`SELECT extract(epoch FROM clock_timestamp())::float8 AS "nowSeconds",
               coalesce((SELECT sum(extract(epoch FROM e.at - ${since})) FROM ${tables.events} AS e
                          WHERE e.migration_id = ${migrationId} AND e.kind = 'hold_ended'
                            AND e.at > to_timestamp(${begin ?? 0}::float8)), 0)::float8
             + coalesce((SELECT extract(epoch FROM clock_timestamp() - ${since})
                           FROM (SELECT * FROM ${tables.events} AS journal WHERE migration_id = ${migrationId} AND kind = 'hold'
                                  ORDER BY id DESC LIMIT 1) AS e
                           JOIN ${tables.migrations} AS m ON m.id = e.migration_id AND m.on_hold_until IS NOT NULL), 0)::float8
               AS "heldSeconds"`,
  )
  return onlyRow<Omit<RecentPace, 'recent' | 'idle'>>(rows, 'summing holds returned no row')
}
