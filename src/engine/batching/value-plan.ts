/**
 * Planning over the distinct values of an indexed column: the next value is found behind the one before it by a probe of the
 * index, so that a page costs its values, whatever the number of rows of each (a loose index scan).
 */
import { raw, sql, type Sql } from '../../shared/sql.ts'
import type { Transaction } from '../target/transaction.ts'
import type { Key } from '../types.ts'
import { tableName } from './batch-table.ts'
import { explain } from './explain.ts'
import { spreadKeys } from './key-plan.ts'
import { inRange, type KeyRange, keyTuple } from './key-range.ts'
import type { JobPlan, Scoped, Slice } from './strategy.ts'

/** One query, by slices; a value more than `limit` tells whether more follow. */
export async function planValues(
  transaction: Transaction,
  { table }: Scoped,
  range: KeyRange,
  { limit, subBatchSize }: { readonly limit: number | null; readonly subBatchSize: number },
): Promise<JobPlan | null> {
  const [column] = table.columns
  if (column === undefined) throw new Error('a batch table has a batch column')
  const own = sql.ident(table.name)
  const value = sql`${own}.${sql.ident(column.name)}`
  const probe = (condition: Sql): Sql =>
    sql`(SELECT ${value} AS value FROM ${tableName(table)} WHERE ${condition} ORDER BY ${value} LIMIT 1)`
  const below = range.until === null ? sql`` : sql` AND ${value} <= ${keyTuple(table.columns, range.until)}`
  const { rows } = await transaction.query(
    sql`WITH RECURSIVE "tranche values" (value, number) AS (
          SELECT first.value, 1 FROM ${probe(inRange(own, table.columns, range))} AS first
           UNION ALL
          SELECT next.value, "tranche values".number + 1
            FROM "tranche values"
           CROSS JOIN LATERAL ${probe(sql`${value} > "tranche values".value${below}`)} AS next
           ${limit === null ? raw('') : sql`WHERE "tranche values".number <= ${limit}::int`})
        SELECT array_agg(value::text ORDER BY number) AS values
          FROM "tranche values"
         GROUP BY (number - 1) / ${subBatchSize}::int
         ORDER BY min(number)`,
  )
  const pages = (rows as { values: string[] }[]).map(({ values }) => values)
  const found = pages.reduce((sum, { length }) => sum + length, 0)
  const hasMore = limit !== null && found > limit
  if (hasMore) pages.at(-1)?.pop()
  const slices = pages.flatMap(sliceOf)
  const min = pages[0]?.[0]
  const last = slices.at(-1)
  return min === undefined || last === undefined ? null : { min: [min], max: last.end, slices, hasMore }
}

function sliceOf(values: readonly string[]): readonly Slice[] {
  const end = values.at(-1)
  return end === undefined ? [] : [{ end: [end], scanned: values.length, values }]
}

/** As over rows; where statistics are missing, the values behind the first one. */
export async function spreadValues(
  transaction: Transaction,
  scoped: Scoped,
  range: KeyRange,
  count: number,
): Promise<readonly Key[]> {
  const spread = await spreadKeys(transaction, scoped, range, count)
  if (spread.length >= count) return spread
  const first = await planValues(transaction, scoped, range, { limit: count, subBatchSize: count })
  const values = new Set([...spread.map(([value = '']) => value), ...(first?.slices[0]?.values ?? [])])
  return [...values].slice(0, count).map((value) => [value])
}

/** The planner's estimate of the distinct values in range; reads statistics only. */
export async function estimateValues(transaction: Transaction, { table }: Scoped, range: KeyRange): Promise<number> {
  const own = sql.ident(table.name)
  const names = sql.join(table.columns.map(({ name }) => sql`${own}.${sql.ident(name)}`))
  const plan = await explain(
    transaction,
    sql`SELECT DISTINCT ${names} FROM ${tableName(table)} WHERE ${inRange(own, table.columns, range)}`,
  )
  return Math.round(plan['Plan Rows'])
}
