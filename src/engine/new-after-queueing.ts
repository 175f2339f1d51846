/**
 * Rows that no job visited because they appeared after planning: above the maximum that was fixed at queue time, or between
 * the bounds of neighbouring jobs. They are out of scope on purpose, and shown.
 */
import { raw, sql, type Sql } from '../shared/sql.ts'
import { tableName } from './batching/batch-table.ts'
import { columnTuple, inRange, keyTuple, tupleOf, typedKey } from './batching/key-range.ts'
import { type EngineContext, inTransaction, onlyRow } from './context.ts'
import type { MigrationSubject } from './drive.ts'
import { maximumOf, minimumOf } from './planner.ts'
import { kindOfError } from './target/sqlstate.ts'
import { cursorKey } from './tracking/stored-key.ts'
import type { Key, NewAfterQueueing } from './types.ts'

/** Counted up to here: beyond it nobody wants the exact number, and counting must not scan a table. */
const COUNT_CAP = 10_000
const COUNT_TIMEOUT_MS = 10_000

export async function countNewAfterQueueing(
  context: EngineContext,
  subject: MigrationSubject,
  signal?: AbortSignal,
): Promise<NewAfterQueueing> {
  const aboveMaximum = await countBounded(context, subject, rowsAboveMaximum(subject), signal)
  const betweenJobs = await countBounded(context, subject, rowsBetweenJobs(context, subject), signal)
  return {
    aboveMaximum: aboveMaximum ?? 0,
    betweenJobs: betweenJobs ?? 0,
    isCapped: aboveMaximum === null || betweenJobs === null || aboveMaximum >= COUNT_CAP || betweenJobs >= COUNT_CAP,
  }
}

/** Above the maximum that was fixed, and above whatever the table held then: a maximum that was asked for may lie below it. */
function rowsAboveMaximum({ scoped: { table, scope }, migration, lastKey }: MigrationSubject): Sql {
  const own = sql.ident(table.name)
  const maximum = maximumOf(migration)
  // Queued over an empty table there was no key to be above of: every row is new.
  const above = (key: Key): Sql => inRange(own, table.columns, { after: key.length === 0 ? null : key, until: null })
  const conditions = sql.join([maximum, ...(lastKey === null ? [] : [lastKey])].map(above), ' AND ')
  return sql`SELECT 1 FROM ${tableName(table)} WHERE ${conditions}${and(scope)} LIMIT ${COUNT_CAP}`
}

/**
 * One probe of the index for each gap: before the first job, between a job's last key and the next one's first, and, once
 * no more jobs are made, behind the last one. Nearly all of them are empty.
 */
function rowsBetweenJobs({ tables }: EngineContext, { scoped: { table, scope }, migration }: MigrationSubject): Sql {
  const { columns } = table
  const [minimum, maximum] = [minimumOf(migration), maximumOf(migration)]
  const own = columnTuple(sql.ident(table.name), columns)
  const key = (array: string): Sql => tupleOf(typedKey(columns, array))
  const probe = (from: Sql, condition: Sql): Sql =>
    sql`SELECT 1 FROM ${from} CROSS JOIN LATERAL (
          SELECT 1 FROM ${tableName(table)} WHERE ${condition}${and(scope)} LIMIT ${COUNT_CAP}) AS found`
  if (minimum.length === 0) return sql`SELECT 1 WHERE false`
  return sql`WITH jobs AS MATERIALIZED (
               SELECT ${keyOfJob('min')} AS first, ${keyOfJob('max')} AS last FROM ${tables.jobs} AS j
                WHERE j.batched_background_migration_id = ${migration.id}),
             neighbours AS MATERIALIZED (
               SELECT first, last, lag(last) OVER in_order AS previous, lead(first) OVER in_order IS NULL AS is_last
                 FROM jobs WINDOW in_order AS (ORDER BY ${sql.join(typedKey(columns, 'first'))})),
             rest AS MATERIALIZED (
               SELECT (SELECT last FROM neighbours WHERE is_last) AS previous FROM ${tables.frontier}
                WHERE migration_id = ${migration.id} AND is_exhausted)
        ${probe(raw('neighbours'), sql`neighbours.previous IS NULL AND ${own} >= ${keyTuple(columns, minimum)} AND ${own} < ${key('neighbours.first')}`)}
        UNION ALL
        ${probe(raw('neighbours'), sql`${own} > ${key('neighbours.previous')} AND ${own} < ${key('neighbours.first')}`)}
        UNION ALL
        ${probe(raw('rest'), sql`${own} > ${key('rest.previous')} AND ${own} <= ${keyTuple(columns, maximum)}`)}
        UNION ALL
        ${probe(raw('rest'), sql`rest.previous IS NULL AND ${inRange(sql.ident(table.name), columns, { from: minimum, until: maximum })}`)}
        LIMIT ${COUNT_CAP}`
}

function keyOfJob(bound: 'min' | 'max'): Sql {
  return sql`CASE WHEN ${raw(`j.${bound}_value IS NOT NULL THEN ARRAY[j.${bound}_value::text]`)} ELSE ${cursorKey(`j.${bound}_cursor`)} END`
}

function and(scope: Sql | null): Sql {
  return scope === null ? sql`` : sql` AND (${scope})`
}

/** null: the count did not end in time. */
async function countBounded(
  context: EngineContext,
  { searchPath }: MigrationSubject,
  query: Sql,
  signal: AbortSignal | undefined,
): Promise<number | null> {
  try {
    const { rows } = await inTransaction(
      context,
      (transaction) => transaction.query(sql`SELECT count(*)::int AS count FROM (${query}) AS counted`),
      { isReadOnly: true, searchPath, statementTimeoutMs: COUNT_TIMEOUT_MS, signal },
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
