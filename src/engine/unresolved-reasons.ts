/** Why rows were left alone, counted: a reason may name a row, so only so many different ones are kept apart. */
import { sql, type Sql } from '../shared/sql.ts'

export type UnresolvedReasons = Readonly<Record<string, number>>

const MOST_REASONS = 20
const LONGEST_REASON = 200
export const OTHER_REASONS = 'other reasons'

/** The most frequent reasons, and the rest under one name. */
export function countReasons(reasons: readonly string[]): UnresolvedReasons {
  const counts = new Map<string, number>()
  for (const reason of reasons) {
    const short = reason.slice(0, LONGEST_REASON)
    counts.set(short, (counts.get(short) ?? 0) + 1)
  }
  return mostFrequent([...counts])
}

/** Sums of several counts, kept as short. */
export function addReasons(all: readonly UnresolvedReasons[]): UnresolvedReasons {
  const counts = new Map<string, number>()
  for (const reasons of all) {
    for (const [reason, count] of Object.entries(reasons)) counts.set(reason, (counts.get(reason) ?? 0) + count)
  }
  return mostFrequent([...counts])
}

function mostFrequent(counts: readonly (readonly [reason: string, count: number])[]): UnresolvedReasons {
  const sorted = counts.filter(([reason]) => reason !== OTHER_REASONS).toSorted(([, a], [, b]) => b - a)
  const others =
    (counts.find(([reason]) => reason === OTHER_REASONS)?.[1] ?? 0) +
    sorted.slice(MOST_REASONS).reduce((sum, [, count]) => sum + count, 0)
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
