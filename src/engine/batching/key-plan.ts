/** Planning over a unique key of any columns: everything by the key's index, one query per question. */
import { raw, sql, type Sql } from '../../shared/sql.ts'
import type { Transaction } from '../target/transaction.ts'
import type { Key } from '../types.ts'
import { type BatchTable, tableName } from './batch-table.ts'
import { inRange, type KeyRange, keyOrder, keyText } from './key-range.ts'
import type { JobPlan, Scoped, Slice } from './strategy.ts'

/** First and last key, each by one probe of the index. */
export async function keyBounds(
  transaction: Transaction,
  table: BatchTable,
): Promise<{ readonly min: Key; readonly max: Key } | null> {
  const own = sql.ident(table.name)
  const probe = (direction: 'ASC' | 'DESC'): Sql =>
    sql`(SELECT ${keyText(own, table.columns)} FROM ${tableName(table)}
          WHERE ${sql.join(
            table.columns.map(({ name }) => sql`${own}.${sql.ident(name)} IS NOT NULL`),
            ' AND ',
          )}
          ORDER BY ${keyOrder(own, table.columns, direction)} LIMIT 1)`
  const { rows } = await transaction.query(sql`SELECT ${probe('ASC')} AS min, ${probe('DESC')} AS max`)
  const [row] = rows as { min: string[] | null; max: string[] | null }[]
  return row?.min == null || row.max === null ? null : { min: row.min, max: row.max }
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
    const before = slices.at(-1)
    // Under --force a column may hold a value twice; both rows lie in the slice that ends with it.
    const isSame = before !== undefined && before.end.join('\0') === mark.key.join('\0')
    const scanned = mark.number - counted + (isSame ? before.scanned : 0)
    if (isSame) slices.pop()
    slices.push({ end: mark.key, scanned })
    counted = mark.number
  }
  return slices
}

/** Keys at about even distances: first, last, and one probe of the index for each of the others. */
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
  const probe = (condition: Sql, direction: 'ASC' | 'DESC'): Sql =>
    sql`(SELECT ${keyText(own, table.columns)} AS key FROM ${tableName(table)} WHERE ${within} AND ${condition}
          ORDER BY ${keyOrder(own, table.columns, direction)} LIMIT 1)`
  const from = range.after?.[0] ?? range.from?.[0]
  const until = range.until?.[0]
  const inner =
    from === undefined || until === undefined || count <= 2
      ? []
      : [
          sql`SELECT probed.key
                FROM generate_series(1, ${count - 2}::int) AS step
                CROSS JOIN LATERAL ${probe(
                  sql`${own}.${sql.ident(column.name)} >= (${from}::numeric + (${until}::numeric - ${from}::numeric) * step / ${count - 1}::numeric)::bigint`,
                  'ASC',
                )} AS probed`,
        ]
  const parts = [
    sql`SELECT first_key.key FROM ${probe(raw('true'), 'ASC')} AS first_key`,
    ...inner,
    sql`SELECT last_key.key FROM ${probe(raw('true'), 'DESC')} AS last_key`,
  ]
  const { rows } = await transaction.query(sql`SELECT DISTINCT key FROM (${sql.join(parts, ' UNION ALL ')}) AS spread`)
  return (rows as { key: string[] }[]).map(({ key }) => key)
}
