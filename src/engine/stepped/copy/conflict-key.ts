/** The conflict key names the same row in both tables: it must be there, and once, in each row that is copied. */
import type { CopyRows } from '../../../catalogue/stepped/definition.ts'
import { TrancheError } from '../../../shared/errors.ts'
import { raw, sql, type Sql } from '../../../shared/sql.ts'
import type { BatchColumn } from '../../batching/batch-table.ts'
import type { Workbench } from '../workbench.ts'
import { expectedRows, nullKeyRows } from './copy-statement.ts'
import type { CopyTables } from './copy-tables.ts'

/** `f.key = e.key`, compared as the new table compares it. */
export function sameKey(keys: readonly BatchColumn[], found = 'f'): Sql {
  return sql.join(
    keys.map((key) => sql`${sql.ident(found, key.name)} = ${inNewTable(key)}`),
    ' AND ',
  )
}

function inNewTable({ name, comparedAs }: BatchColumn): Sql {
  return sql`${sql.ident('e', name)}${raw(`::${comparedAs}`)}`
}

/** Throws check_failed with how many rows have no key, or one that another row has as well, and an example. */
export async function assertDistinctKeys(bench: Workbench, copy: CopyRows, tables: CopyTables): Promise<void> {
  if (!tables.isKeyNotNull) await assertNoNull(bench, copy)
  if (!tables.isKeyUnique) await assertNoneTwice(bench, copy, tables)
}

async function assertNoNull(bench: Workbench, copy: CopyRows): Promise<void> {
  const found = await findFirst(bench, nullKeyRows(copy))
  if (found === null) return
  const key = copy.onConflict.columns.join(', ')
  throw new TrancheError(
    'check_failed',
    `${counted(found.count)} of ${copy.from} with NULL in (${key}), the conflict key, such as ${copy.column} ${found.example}: nothing tells whether it was copied`,
    { remedy: 'Give these rows a value, delete them, or name another key in onConflict.columns.', details: found },
  )
}

async function assertNoneTwice(bench: Workbench, copy: CopyRows, { keys }: CopyTables): Promise<void> {
  const names = sql.join(keys.map(({ name }) => sql.ident('e', name)))
  const found = await findFirst(
    bench,
    sql`SELECT min(example) AS example, count(*)::text AS count
          FROM (SELECT min(ROW (${names})::text) AS example
                  FROM (${expectedRows(copy, raw('true'))}) AS e
                 GROUP BY ${sql.join(keys.map(inNewTable))}
                HAVING count(*) > 1) AS twice
        HAVING count(*) > 0`,
  )
  if (found === null) return
  const key = copy.onConflict.columns.join(', ')
  throw new TrancheError(
    'check_failed',
    `${found.count} values of (${key}), the conflict key, belong to more than one row of ${copy.from}, such as ${found.example}: only one of them can be copied`,
    {
      remedy: 'Remove the duplicates, or name a key in onConflict.columns that tells the rows apart.',
      details: found,
    },
  )
}

interface Found {
  readonly count: string
  readonly example: string
}

async function findFirst(bench: Workbench, query: Sql): Promise<(Found & Record<string, unknown>) | null> {
  const { rows } = await bench.step((transaction) => transaction.query(query))
  const [row] = rows
  return row === undefined ? null : { count: String(row.count), example: String(row.example) }
}

function counted(count: string): string {
  return count === '1' ? '1 row' : `${count} rows`
}
