/**
 * The SQL of comparing a part of the source with what the new table has for it: one statement, so one snapshot. Rows are
 * compared as text, pair by pair; the conflict key, by which they are paired, counts as the source writes it (two citext
 * are the same key in other letters).
 */
import type { CopyRows } from '../../../catalogue/stepped/definition.ts'
import { raw, sql, type Sql } from '../../../shared/sql.ts'
import type { BatchColumn } from '../../batching/batch-table.ts'
import { sameKey } from './conflict-key.ts'
import { expectedRows, insertion, tableIdent } from './copy-statement.ts'

export interface Compared {
  readonly where: Sql
  /** Hashes of the rows that were written right before. */
  readonly written?: readonly string[]
}

/**
 * `rows, differing, kept`, the `checksum` of rows that are not kept, and how many of those that were `written` right before
 * from the same source row were `changed` since.
 */
export function comparison(copy: CopyRows, keys: readonly BatchColumn[], { where, written = [] }: Compared): Sql {
  return sql`WITH expected AS MATERIALIZED (${expectedRows(copy, where)}),
    found AS (SELECT e::text AS expected, ${asFound(copy, 'f')} AS found, ${isKept(copy)} AS is_kept,
                     hashtextextended(e::text, 0) AS hash
                FROM expected AS e
                LEFT JOIN ${target(copy)} AS f ON ${sameKey(keys)})
    SELECT ${COUNTS}, count(*) FILTER (WHERE ${IS_DIFFERENT} AND hash = ANY (${[...written]}::bigint[]))::text AS changed
      FROM found`
}

/**
 * The same, and the hashes of what was `written`, behind copying these rows, within one statement: whoever writes the source meanwhile changes nothing of it. A
 * statement does not see what it wrote, so the rows that it returns count instead of those that it found.
 */
export function copyAndComparison(copy: CopyRows, keys: readonly BatchColumn[], { where }: Compared): Sql {
  const names = sql.join(copy.columns.map(({ name }) => sql.ident(name)))
  const hasKey = sql.join(
    keys.map(({ name }) => sql`${sql.ident(name)} IS NOT NULL`),
    ' AND ',
  )
  const returned = sql.join(copy.columns.map(({ name }) => sql.ident('target', name)))
  return sql`WITH expected AS MATERIALIZED (${expectedRows(copy, where)}),
    written AS (${insertion(copy, sql`SELECT ${names} FROM expected WHERE ${hasKey}`)} RETURNING ${returned}),
    found AS (SELECT e::text AS expected, coalesce(${asFound(copy, 'w')}, ${asFound(copy, 'f')}) AS found,
                     ${isWritten(keys)} AS is_written, NOT ${isWritten(keys)} AND ${isKept(copy)} AS is_kept,
                     hashtextextended(e::text, 0) AS hash
                FROM expected AS e
                LEFT JOIN written AS w ON ${sameKey(keys, 'w')}
                LEFT JOIN ${target(copy)} AS f ON ${sameKey(keys)})
    SELECT ${COUNTS}, coalesce(array_agg(hash::text) FILTER (WHERE is_written), '{}') AS written FROM found`
}

function target({ to, columns }: CopyRows): Sql {
  return sql`(SELECT ${sql.join(columns.map(({ name }) => sql.ident(name)))} FROM ${tableIdent(to)})`
}

/** The row as it was found, with the key as it is expected; NULL where there is none. */
function asFound({ columns, onConflict }: CopyRows, alias: 'f' | 'w'): Sql {
  const [key = ''] = onConflict.columns
  const values = columns.map(({ name }) => sql.ident(onConflict.columns.includes(name) ? 'e' : alias, name))
  return sql`CASE WHEN ${sql.ident(alias, key)} IS NOT NULL THEN ROW (${sql.join(values)})::text END`
}

function isWritten(keys: readonly BatchColumn[]): Sql {
  return sql`(${sql.ident('w', keys[0]?.name ?? '')} IS NOT NULL)`
}

/** Whether a row of the new table is rightly another one than its source. */
function isKept(copy: CopyRows): Sql {
  const { onConflict, newerBy } = copy
  if (onConflict.action === 'nothing') return sql`coalesce(e::text <> ${asFound(copy, 'f')}, false)`
  if (newerBy === null) return raw('false')
  return sql`coalesce(${sql.ident('f', newerBy)} > ${sql.ident('e', newerBy)}, false)`
}

const IS_DIFFERENT = raw('NOT is_kept AND found IS DISTINCT FROM expected')

const COUNTS = sql`count(*)::text AS rows,
           count(*) FILTER (WHERE ${IS_DIFFERENT})::text AS differing,
           count(*) FILTER (WHERE is_kept)::text AS kept,
           coalesce(sum(hash) FILTER (WHERE NOT is_kept), 0)::text AS checksum`
