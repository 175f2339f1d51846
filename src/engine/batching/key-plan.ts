/** Planning over a unique key of any columns: everything by the key's index, one query per question. */
import { raw, sql, type Sql } from '../../shared/sql.ts'
import type { Transaction } from '../target/transaction.ts'
import type { Key } from '../types.ts'
import { type BatchTable, tableName } from './batch-table.ts'
import { inRange, type KeyRange, keyOrder, keyText } from './key-range.ts'
import type { JobPlan, Scoped, Slice } from './strategy.ts'

/** First and last key in the range, each by one probe of the index. */
export async function keyBounds(
  transaction: Transaction,
  table: BatchTable,
  range: KeyRange,
): Promise<{ readonly min: Key; readonly max: Key } | null> {
  const own = sql.ident(table.name)
  const probe = (direction: 'ASC' | 'DESC'): Sql =>
    sql`(SELECT ${keyText(own, table.columns)} FROM ${tableName(table)}
          WHERE ${inRange(own, table.columns, range)}
          ORDER BY ${keyOrder(own, table.columns, direction)} LIMIT 1)`
  const { rows } = await transaction.query(sql`SELECT ${probe('ASC')} AS min, ${probe('DESC')} AS max`)
  const [row] = rows as { min: string[] | null; max: string[] | null }[]
  if (row === undefined || row.min === null || row.max === null) return null
  return { min: row.min, max: row.max }
}

/**
 * Bounds and sub-batch ends in one index scan of `limit` + 1 keys: the extra key tells whether more follows.
 * Returned are only the keys that bound something, so the answer is small whatever the batch size is.
 */
export async function planKeys(
  transaction: Transaction,
  { table, scope }: Scoped,
  range: KeyRange,
  { limit, subBatchSize }: { readonly limit: number | null; readonly subBatchSize: number },
): Promise<JobPlan | null> {
  const own = sql.ident(table.name)
  const condition = inRange(own, table.columns, range)
  const names = table.columns.map(({ name }) => sql.ident(name))
  const { rows } = await transaction.query(
    sql`SELECT ${keyText(raw('numbered'), table.columns)} AS key, numbered."tranche number"::int AS number
          FROM (SELECT keys.*,
                       row_number() OVER in_order AS "tranche number",
                       lead(1) OVER in_order IS NULL AS "tranche is last"
                  FROM (SELECT ${sql.join(names.map((name) => sql`${own}.${name}`))}
                          FROM ${tableName(table)}
                         WHERE ${condition}${scope === null ? sql`` : sql` AND (${scope})`}
                         ORDER BY ${keyOrder(own, table.columns)}
                         ${limit === null ? raw('') : sql`LIMIT ${limit + 1}`}) AS keys
                WINDOW in_order AS (ORDER BY ${keyOrder(raw('keys'), table.columns)})) AS numbered
         WHERE "tranche number" = 1 OR "tranche is last" OR "tranche number" % ${subBatchSize} = 0
            OR "tranche number" BETWEEN ${limit ?? 0} AND ${(limit ?? 0) + 1}
         ORDER BY "tranche number"`,
  )
  const marks = rows as { key: string[]; number: number }[]
  const inJob = limit === null ? marks : marks.filter(({ number }) => number <= limit)
  const [first] = inJob
  const last = inJob.at(-1)
  if (first === undefined || last === undefined) return null
  return { min: first.key, max: last.key, slices: slicesOf(inJob, subBatchSize), hasMore: marks.length > inJob.length }
}

function slicesOf(marks: readonly { key: Key; number: number }[], subBatchSize: number): readonly Slice[] {
  const last = marks.at(-1)
  const slices: Slice[] = []
  let counted = 0
  for (const mark of marks) {
    if (mark.number % subBatchSize !== 0 && mark !== last) continue
    // Under --force a column may hold a value twice; both rows lie in the slice that ends with it.
    const same = slices.at(-1)?.end.join('\0') === mark.key.join('\0') ? slices.pop() : undefined
    slices.push({ end: mark.key, scanned: mark.number - counted + (same?.scanned ?? 0) })
    counted = mark.number
  }
  return slices
}

/**
 * Up to `count` keys: first, last, and others at even distances. Distances are counted in rows as the planner's histogram has
 * them, since keys may lie in clusters with holes between; then, of integers, in key values; then whatever follows the first key.
 */
export async function spreadKeys(
  transaction: Transaction,
  { table, scope }: Scoped,
  range: KeyRange,
  count: number,
): Promise<readonly Key[]> {
  const own = sql.ident(table.name)
  const [column] = table.columns
  if (column === undefined) return []
  const within = sql`${inRange(own, table.columns, range)}${scope === null ? sql`` : sql` AND (${scope})`}`
  const probe = (direction: 'ASC' | 'DESC', limit: number, condition = raw('true')): Sql =>
    sql`(SELECT ${keyText(own, table.columns)} AS key FROM ${tableName(table)} WHERE ${within} AND ${condition}
          ORDER BY ${keyOrder(own, table.columns, direction)} LIMIT ${limit})`
  const key = sql`${own}.${sql.ident(column.name)}`
  const steps = Math.max(1, count - 1)
  // Behind a mark of the first column: of a composite key that is the part that statistics know.
  const distances = (): Sql => sql`
                UNION ALL
                SELECT probed.key, 4
                  FROM ends CROSS JOIN generate_series(1, ${count - 2}::int) AS step CROSS JOIN LATERAL ${probe('ASC', 1, atStep)} AS probed`
  const atStep = sql`${key}
    >= (ends.first[1]::numeric + (ends.last[1]::numeric - ends.first[1]::numeric) * step / ${steps}::numeric)::bigint`
  const { rows } = await transaction.query(
    sql`WITH ends AS MATERIALIZED (SELECT ${probe('ASC', 1)} AS first, ${probe('DESC', 1)} AS last),
             histogram AS MATERIALIZED (
               SELECT histogram_bounds::text::text[] AS bounds
                 FROM pg_stats
                WHERE schemaname = ${table.schema} AND tablename = ${table.name} AND attname = ${column.name}
                ORDER BY inherited DESC LIMIT 1),
             marks AS MATERIALIZED (
               SELECT DISTINCT bounds[1 + round(step * (cardinality(bounds) - 1) / ${steps}::numeric)::int] AS mark
                 FROM histogram CROSS JOIN generate_series(1, ${count - 2}::int) AS step)
        SELECT key
          FROM (SELECT first AS key, 1 AS rank FROM ends
                UNION ALL
                SELECT last, 2 FROM ends
                UNION ALL
                SELECT probed.key, 3
                  FROM marks CROSS JOIN LATERAL ${probe('ASC', 1, sql`${key} >= marks.mark${raw(`::${column.comparedAs}`)}`)} AS probed${column.comparedAs === 'bigint' ? distances() : sql``}
                UNION ALL
                SELECT key, 5 FROM ${probe('ASC', count)} AS following) AS candidates
         WHERE key IS NOT NULL
         GROUP BY key
         ORDER BY min(rank)
         LIMIT ${count}`,
  )
  return (rows as { key: string[] }[]).map(({ key: found }) => found)
}
