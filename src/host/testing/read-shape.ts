/** How the tables of a database are made, so that two moments can be compared. */
import { sql } from '../../shared/sql.ts'
import type { PracticeDatabase } from './practice-database.ts'

/** A line for each column, index, constraint and trigger, sorted; without those of `trackingSchema`. */
export async function readShape({ query }: PracticeDatabase, trackingSchema: string): Promise<readonly string[]> {
  const found = await query(
    sql`SELECT format('%I.%I: %s', n.nspname, c.relname, shape.line) AS line
          FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
         CROSS JOIN LATERAL (
           SELECT concat_ws(' ', 'column', quote_ident(a.attname), format_type(a.atttypid, a.atttypmod),
                            CASE WHEN a.attnotnull THEN 'NOT NULL' END,
                            'DEFAULT ' || pg_get_expr(d.adbin, d.adrelid))
             FROM pg_attribute AS a LEFT JOIN pg_attrdef AS d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
            WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
           UNION ALL SELECT pg_get_indexdef(indexrelid) FROM pg_index WHERE indrelid = c.oid
           UNION ALL SELECT concat_ws(' ', 'constraint', quote_ident(conname), pg_get_constraintdef(oid))
             FROM pg_constraint WHERE conrelid = c.oid
           UNION ALL SELECT pg_get_triggerdef(oid) FROM pg_trigger WHERE tgrelid = c.oid AND NOT tgisinternal
         ) AS shape (line)
         WHERE c.relkind IN ('r', 'p') AND n.nspname NOT IN ('pg_catalog', 'information_schema', ${trackingSchema})
           AND n.nspname NOT LIKE 'pg\\_%'
         ORDER BY line`,
  )
  return found.map(({ line }) => String(line))
}

/** The first line that came or went; null where none did. */
export function differenceOfShapes(before: readonly string[], after: readonly string[]): string | null {
  const [known, now] = [new Set(before), new Set(after)]
  const added = after.find((line) => !known.has(line))
  if (added !== undefined) return `made ${added}`
  const gone = before.find((line) => !now.has(line))
  return gone === undefined ? null : `removed ${gone}`
}
