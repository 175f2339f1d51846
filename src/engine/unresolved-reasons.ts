/** Why rows were left alone, counted: a reason may name a row, so only so many different ones are kept apart. */
import { sql, type Sql } from '../shared/sql.ts'
import type { EngineContext } from './context.ts'
import type { Transaction } from './target/transaction.ts'

export type UnresolvedReasons = Readonly<Record<string, number>>

const MOST_REASONS = 20
const LONGEST_REASON = 200
const OTHER_REASONS = 'other reasons'

/** The most frequent reasons, and the rest under one name. */
export function countReasons(reasons: readonly string[]): UnresolvedReasons {
  const counts = new Map<string, number>()
  for (const reason of reasons) {
    const short = reason.slice(0, LONGEST_REASON)
    counts.set(short, (counts.get(short) ?? 0) + 1)
  }
  return mostFrequent([...counts])
}

function mostFrequent(counts: readonly (readonly [reason: string, count: number])[]): UnresolvedReasons {
  const sorted = counts.toSorted(([, a], [, b]) => b - a)
  const others = sorted.slice(MOST_REASONS).reduce((sum, [, count]) => sum + count, 0)
  const kept = sorted.slice(0, MOST_REASONS)
  return Object.fromEntries(others === 0 ? kept : [...kept, [OTHER_REASONS, others]])
}

/** What a job's progress keeps of them: its own column with `reasons` added. */
export function reasonsAdded(column: Sql, reasons: UnresolvedReasons): Sql {
  return sql`(SELECT coalesce(jsonb_object_agg(reason, total), '{}')
                FROM (SELECT reason, sum(total::bigint) AS total
                        FROM (SELECT * FROM jsonb_each_text(${column})
                              UNION ALL SELECT * FROM jsonb_each_text(${JSON.stringify(reasons)}::jsonb)) AS each (reason, total)
                       GROUP BY reason) AS summed)`
}

/** Of all jobs of a migration. */
export async function readReasons(
  transaction: Transaction,
  { tables }: Pick<EngineContext, 'tables'>,
  migrationId: string,
): Promise<UnresolvedReasons> {
  const { rows } = await transaction.query(
    sql`SELECT each.key AS reason, sum(each.value::bigint)::float8 AS count
          FROM ${tables.progress} AS p CROSS JOIN LATERAL jsonb_each_text(p.unresolved_reasons) AS each
         WHERE p.migration_id = ${migrationId} GROUP BY 1`,
  )
  return mostFrequent((rows as { reason: string; count: number }[]).map(({ reason, count }) => [reason, count]))
}
