import { MOST_PERCENT } from '../shared/percent-done.ts'
import { sql, type Sql } from '../shared/sql.ts'
import { JOB_STATUS_CODES } from '../shared/status.ts'
import { type Axis, positionSql } from './batching/position.ts'
import { type EngineContext, onlyRow } from './context.ts'
import { maximumOf, minimumOf } from './planner.ts'
import type { Transaction } from './target/transaction.ts'
import type { Migration } from './types.ts'

/**
 * How much of the key range lies behind the jobs' cursors; null where it cannot be measured. Jobs tile the range up to the
 * planning frontier, so that only those which are not through are looked at, however many there are.
 */
export async function percentOfKeys(
  transaction: Transaction,
  { tables }: EngineContext,
  migration: Migration,
  axis: Axis,
): Promise<number | null> {
  const at = (array: string): Sql => positionSql(axis, array)
  // Whole numbers are counted, so that a range of one key has a length; of others the distance is measured.
  const unit = axis.scale === 'integer' ? 1 : 0
  const from = sql`coalesce(${at('p.planned_from')}, bounds.low)`
  const reached = sql`coalesce(${at('p."cursor"')}, ${from})`
  const sumOf = (distance: Sql, which: Sql): Sql => sql`coalesce(
    (SELECT sum(${distance}) FROM ${tables.jobs} AS j JOIN ${tables.progress} AS p ON p.job_id = j.id
      WHERE j.batched_background_migration_id = ${migration.id} AND ${which}), 0)`
  const { pending, running, failed, succeeded } = JOB_STATUS_CODES
  const isOpen = sql`j.status = ANY(${[pending, running, failed]}::smallint[])`
  const through = sql`CASE WHEN j.status = ${succeeded} THEN ${at('p.planned_to')} ELSE ${reached} END`
  // Archived migrations and those of GitLab have no frontier: there every job is added up.
  const { rows } = await transaction.query(
    sql`WITH bounds AS MATERIALIZED (
          SELECT ${at('b.low')} - ${unit}::int AS low, ${at('b.high')} AS high
            FROM (SELECT ${[...minimumOf(migration)]}::text[] AS low, ${[...maximumOf(migration)]}::text[] AS high) AS b)
        SELECT (100 * CASE WHEN f.next_bound IS NULL THEN ${sumOf(sql`${through} - ${from}`, sql`true`)}
                           ELSE ${at('f.next_bound')} - bounds.low - ${sumOf(sql`${at('p.planned_to')} - ${reached}`, isOpen)} END
                / nullif(bounds.high - bounds.low, 0))::float8 AS percent
          FROM bounds CROSS JOIN ${tables.frontier} AS f WHERE f.migration_id = ${migration.id}`,
  )
  const { percent } = onlyRow<{ percent: number | null }>(rows, `migration ${migration.id} has no planning frontier`)
  if (percent === null) return 0
  return Number.isFinite(percent) ? Math.min(MOST_PERCENT, Math.max(0, percent)) : null
}
