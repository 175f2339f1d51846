/**
 * Planning by rows read, for a scope that no index serves: the next rows are read in key order whatever the scope, and those
 * in scope are counted. So a step costs what it may read, and a job may hold few rows in scope, or none.
 */
import { raw, sql } from '../../shared/sql.ts'
import type { Transaction } from '../target/transaction.ts'
import type { Key } from '../types.ts'
import { tableName } from './batch-table.ts'
import { inRange, type KeyRange, keyOrder, keyText } from './key-range.ts'
import type { JobPlan, Scoped, Slice } from './strategy.ts'

export interface ScanSizes {
  /** Rows in scope that the job holds at most. */
  readonly limit: number
  readonly subBatchSize: number
  /** Rows that are read at most. */
  readonly scanRows: number
}

interface Mark {
  readonly key: Key
  /** Rows in scope up to this one. */
  readonly number: number
  readonly is_end: boolean
  readonly is_behind: boolean
}

/** null when no row, in scope or not, is left in the range. */
export async function planScanned(
  transaction: Transaction,
  { table, scope }: Scoped,
  range: KeyRange,
  { limit, subBatchSize, scanRows }: ScanSizes,
): Promise<JobPlan | null> {
  const own = sql.ident(table.name)
  const names = sql.join(table.columns.map(({ name }) => sql`${own}.${sql.ident(name)}`))
  const { rows } = await transaction.query(
    sql`WITH numbered AS MATERIALIZED (
          SELECT read.*, row_number() OVER in_order AS "tranche position",
                 count(*) FILTER (WHERE "tranche in scope") OVER in_order AS "tranche number"
            FROM (SELECT ${names}, (${scope ?? raw('true')}) IS TRUE AS "tranche in scope"
                    FROM ${tableName(table)}
                   WHERE ${inRange(own, table.columns, range)}
                   ORDER BY ${keyOrder(own, table.columns)}
                   LIMIT ${scanRows + 1}) AS read
          WINDOW in_order AS (ORDER BY ${keyOrder(raw('read'), table.columns)} ROWS UNBOUNDED PRECEDING)),
        job AS MATERIALIZED (
          SELECT least(min("tranche position") FILTER (WHERE "tranche number" = ${limit}::int), ${scanRows}::int,
                       max("tranche position")) AS size
            FROM numbered)
        SELECT ${keyText(raw('numbered'), table.columns)} AS key, "tranche number"::int AS number,
               "tranche in scope" AND "tranche number" % ${subBatchSize}::int = 0 AS is_end,
               "tranche position" > job.size AS is_behind
          FROM numbered CROSS JOIN job
         WHERE "tranche position" IN (1, job.size, job.size + 1)
            OR "tranche position" < job.size AND "tranche in scope" AND "tranche number" % ${subBatchSize}::int = 0
         ORDER BY "tranche position"`,
  )
  const marks = rows as unknown as Mark[]
  const inJob = marks.filter(({ is_behind }) => !is_behind)
  const [first] = inJob
  const last = inJob.at(-1)
  if (first === undefined || last === undefined) return null
  return { min: first.key, max: last.key, slices: slicesOf(inJob, last), hasMore: marks.length > inJob.length }
}

/** The last one reaches the end of the job; without a row in scope there is none. */
function slicesOf(marks: readonly Mark[], last: Mark): readonly Slice[] {
  if (last.number === 0) return []
  const slices: Slice[] = []
  let counted = 0
  for (const { key, number, is_end } of marks) {
    if (!is_end) continue
    slices.push({ end: key, scanned: number - counted })
    counted = number
  }
  if (last.number > counted) slices.push({ end: last.key, scanned: last.number - counted })
  const final = slices.at(-1)
  return final === undefined ? [] : [...slices.slice(0, -1), { ...final, end: last.key }]
}
