/**
 * Rows that no job visited because they appeared after planning: above the maximum that was fixed at queue time, or between
 * the bounds of neighbouring jobs. They are out of scope on purpose, and shown.
 */
import { sql, type Sql } from '../shared/sql.ts'
import { tableName } from './batching/batch-table.ts'
import { inRange } from './batching/key-range.ts'
import { type EngineContext, inTransaction, onlyRow } from './context.ts'
import type { MigrationSubject } from './drive.ts'
import { maximumOf } from './planner.ts'
import { kindOfError } from './target/sqlstate.ts'
import type { NewAfterQueueing } from './types.ts'

/** Counted up to here: beyond it nobody wants the exact number, and counting must not scan a table. */
const COUNT_CAP = 10_000
const COUNT_TIMEOUT_MS = 10_000
const SMALLEST_BIGINT = '-9223372036854775808'
const LARGEST_BIGINT = '9223372036854775807'

export async function countNewAfterQueueing(
  context: EngineContext,
  subject: MigrationSubject,
): Promise<NewAfterQueueing> {
  const aboveMaximum = await countBounded(context, subject, rowsAboveMaximum(subject))
  const betweenJobs = await countBounded(context, subject, rowsBetweenJobs(context, subject))
  return {
    aboveMaximum: aboveMaximum ?? 0,
    betweenJobs: betweenJobs ?? 0,
    isCapped: aboveMaximum === null || betweenJobs === null || aboveMaximum >= COUNT_CAP || betweenJobs >= COUNT_CAP,
  }
}

function rowsAboveMaximum({ scoped: { table, scope }, migration }: MigrationSubject): Sql {
  const condition = inRange(sql.ident(table.name), table.columns, { after: maximumOf(migration), until: null })
  return sql`SELECT 1 FROM ${tableName(table)} WHERE ${condition}${and(scope)} LIMIT ${COUNT_CAP}`
}

/**
 * One probe of the index for each gap: before the first job, between a job's last key and the next one's first, and, once
 * no more jobs are made, behind the last one. Nearly all of them are empty.
 */
function rowsBetweenJobs({ tables }: EngineContext, { scoped: { table, scope }, migration }: MigrationSubject): Sql {
  const [column] = table.columns
  if (column === undefined) throw new Error('a batch table has a batch column')
  const key = sql`${sql.ident(table.name)}.${sql.ident(column.name)}`
  return sql`SELECT 1
               FROM (SELECT CASE WHEN last_before IS NULL THEN ${migration.minValue}::bigint
                                 WHEN last_before < ${LARGEST_BIGINT}::bigint THEN last_before + 1 END AS gap_start,
                            CASE WHEN first_behind IS NULL THEN ${migration.maxValue}::bigint
                                 WHEN first_behind > ${SMALLEST_BIGINT}::bigint THEN first_behind - 1 END AS gap_end
                       FROM (SELECT lag(j.max_value) OVER (ORDER BY j.min_value) AS last_before, j.min_value AS first_behind
                               FROM ${tables.jobs} AS j WHERE j.batched_background_migration_id = ${migration.id}
                              UNION ALL
                             SELECT max(j.max_value), NULL
                               FROM ${tables.frontier} AS f
                               LEFT JOIN ${tables.jobs} AS j ON j.batched_background_migration_id = f.migration_id
                              WHERE f.migration_id = ${migration.id} AND f.is_exhausted
                              GROUP BY f.migration_id) AS neighbours) AS gaps
              CROSS JOIN LATERAL (
                SELECT 1 FROM ${tableName(table)}
                 WHERE ${key} >= gaps.gap_start AND ${key} <= gaps.gap_end${and(scope)} LIMIT ${COUNT_CAP}) AS found
              LIMIT ${COUNT_CAP}`
}

function and(scope: Sql | null): Sql {
  return scope === null ? sql`` : sql` AND (${scope})`
}

/** null: the count did not end in time. */
async function countBounded(
  context: EngineContext,
  { searchPath }: MigrationSubject,
  query: Sql,
): Promise<number | null> {
  try {
    const { rows } = await inTransaction(
      context,
      (transaction) => transaction.query(sql`SELECT count(*)::int AS count FROM (${query}) AS counted`),
      { isReadOnly: true, searchPath, statementTimeoutMs: COUNT_TIMEOUT_MS },
    )
    return onlyRow<{ count: number }>(rows, 'a count returned no row').count
  } catch (error) {
    if (kindOfError(error) === 'connection') throw error
    context.logger.log('warn', 'new rows could not be counted', {
      message: error instanceof Error ? error.message : String(error),
    })
    return null
  }
}
