/** Whether a table that was there before `createTableLike` can serve as what it would have made. */
import { TrancheError } from '../../../shared/errors.ts'
import { sql } from '../../../shared/sql.ts'
import type { Transaction } from '../../target/transaction.ts'
import { isOver, listUniqueKeys, type Relation } from '../table-facts.ts'

export interface Pair {
  /** The new table. */
  readonly table: Relation
  /** What it is made like. */
  readonly source: Relation
}

/** A table of that name that somebody else made is not ours to fill. Throws column_missing and column_not_unique. */
export async function assertAlike(transaction: Transaction, pair: Pair): Promise<void> {
  await assertSameColumns(transaction, pair)
  const primary = (await listUniqueKeys(transaction, pair.source)).find(({ isPrimary }) => isPrimary)
  const keys = await listUniqueKeys(transaction, pair.table)
  if (primary === undefined || keys.some((key) => isOver(key, primary.columns))) return
  const columns = primary.columns.join(', ')
  throw new TrancheError(
    'column_not_unique',
    `the table ${pair.table.name} is there, but nothing in it keeps (${columns}) unique, the primary key of ${pair.source.name}`,
    { remedy: `Add it: ALTER TABLE … ADD PRIMARY KEY (${columns}); or drop that table if it is not meant.` },
  )
}

async function assertSameColumns(transaction: Transaction, { table, source }: Pair): Promise<void> {
  const { rows } = await transaction.query(
    sql`SELECT a.attname::text AS name, format_type(a.atttypid, a.atttypmod) AS type
          FROM pg_attribute AS a
         WHERE a.attrelid = ${source.oid}::oid AND a.attnum > 0 AND NOT a.attisdropped
           AND NOT EXISTS (SELECT FROM pg_attribute AS b
                            WHERE b.attrelid = ${table.oid}::oid AND b.attname = a.attname
                              AND b.atttypid = a.atttypid AND b.atttypmod = a.atttypmod AND NOT b.attisdropped)
         ORDER BY a.attnum`,
  )
  if (rows.length === 0) return
  const missing = rows.map(({ name, type }) => `${String(name)} ${String(type)}`).join(', ')
  throw new TrancheError(
    'column_missing',
    `the table ${table.name} is there, but without the columns of ${source.name}: ${missing}`,
    {
      remedy: 'Rename or drop that table if it is not meant; nothing was changed.',
    },
  )
}

/** Columns that must not be NULL and need not be so: neither of the primary key nor identities. */
export async function listNotNulls(transaction: Transaction, table: Relation): Promise<readonly string[]> {
  const { rows } = await transaction.query(
    sql`SELECT a.attname::text AS name FROM pg_attribute AS a
         WHERE a.attrelid = ${table.oid}::oid AND a.attnum > 0 AND a.attnotnull AND NOT a.attisdropped
           AND a.attidentity = ''
           AND NOT EXISTS (SELECT FROM pg_index AS i WHERE i.indrelid = a.attrelid AND i.indisprimary AND a.attnum = ANY (i.indkey))
         ORDER BY a.attnum`,
  )
  return rows.map(({ name }) => String(name))
}
