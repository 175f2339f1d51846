/** A batch column must be unique, so that `> previous end AND <= end` visits each row once. */
import { TrancheError } from '../../shared/errors.ts'
import { sql } from '../../shared/sql.ts'
import type { Transaction } from '../target/transaction.ts'
import type { BatchTable } from './batch-table.ts'

/** Throws column_not_unique unless a valid, non-partial unique index covers exactly the batch columns, all NOT NULL. */
export async function assertUniqueIndex(transaction: Transaction, table: BatchTable): Promise<void> {
  const names = table.columns.map(({ name }) => name)
  const nullable = table.columns.filter(({ isNotNull }) => !isNotNull)
  const label = `"${names.join('", "')}" of "${table.qualifiedName}"`
  if (nullable.length > 0) {
    throw new TrancheError(
      'column_not_unique',
      `the batch column ${label} may be NULL: such rows would never be visited`,
      {
        remedy: `Batch over ${await describeUniqueKeys(transaction, table)}, or queue with --force if no row is NULL.`,
      },
    )
  }
  const keys = await listUniqueKeys(transaction, table)
  const wanted = [...names].sort().join('\0')
  if (keys.some((key) => [...key].sort().join('\0') === wanted)) return
  throw new TrancheError(
    'column_not_unique',
    `no valid, complete unique index covers exactly the batch column ${label}`,
    {
      remedy: `Batch over ${await describeUniqueKeys(transaction, table)}, create a unique index, or queue with --force if you know that it is unique and indexed.`,
    },
  )
}

async function listUniqueKeys(transaction: Transaction, table: BatchTable): Promise<readonly (readonly string[])[]> {
  const { rows } = await transaction.query(
    sql`SELECT array_agg(a.attname::text ORDER BY k.position) AS columns
          FROM pg_index AS i
          CROSS JOIN LATERAL unnest(i.indkey::int2[]) WITH ORDINALITY AS k (attnum, position)
          LEFT JOIN pg_attribute AS a ON a.attrelid = i.indrelid AND a.attnum = k.attnum
         WHERE i.indrelid = ${table.oid}::oid AND i.indisunique AND i.indisvalid AND i.indpred IS NULL
           AND i.indexprs IS NULL AND k.position <= i.indnkeyatts
         GROUP BY i.indexrelid, i.indisprimary
         ORDER BY i.indisprimary DESC, i.indexrelid`,
  )
  return rows.map((row) => row.columns as string[])
}

async function describeUniqueKeys(transaction: Transaction, table: BatchTable): Promise<string> {
  const keys = await listUniqueKeys(transaction, table)
  if (keys.length === 0) return 'a column with a unique index (this table has none)'
  return keys.map((key) => `(${key.join(', ')})`).join(' or ')
}
