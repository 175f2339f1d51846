/**
 * A batch column must be unique, so that `> previous end AND <= end` visits each row once, and the index that makes it
 * unique must be read in its order, so that finding the next range costs what is in it.
 */
import { TrancheError } from '../../shared/errors.ts'
import { sql } from '../../shared/sql.ts'
import type { Transaction } from '../target/transaction.ts'
import type { BatchTable } from './batch-table.ts'
import { type IndexedKey, listIndexedKeys } from './indexed-keys.ts'

/** Throws column_not_unique unless a valid, non-partial unique index is on exactly the batch columns, in their order, all NOT NULL. */
export async function assertUniqueIndex(transaction: Transaction, table: BatchTable): Promise<void> {
  const names = table.columns.map(({ name }) => name)
  const keys = (await listIndexedKeys(transaction, table.oid)).filter(({ isUnique }) => isUnique)
  const label = `"${names.join('", "')}" of "${table.qualifiedName}"`
  const children = await listChildren(transaction, table.oid)
  if (children.length > 0) {
    throw notUnique(
      `"${table.qualifiedName}" has child tables by inheritance (${children.join(', ')}), whose rows its unique index does not cover`,
      'Queue a migration of its own for each table, or queue with --force if no value of the batch column is in two of them.',
    )
  }
  if (table.columns.some(({ isNotNull }) => !isNotNull)) {
    throw notUnique(
      `the batch column ${label} may be NULL: such rows would never be visited`,
      `Batch over ${describe(keys)}, or queue with --force if no row is NULL.`,
    )
  }
  const [fitting] = keys.filter(({ columns }) => isSame([...columns].sort(), [...names].sort()))
  if (keys.some(({ columns, isOrdered }) => isOrdered && isSame(columns, names))) return
  if (fitting !== undefined && !isSame(fitting.columns, names)) {
    throw notUnique(
      `the unique index of the batch columns ${label} is on (${fitting.columns.join(', ')}): in another order it does not serve`,
      `Batch over ${describe([fitting])}: write the columns in the index’s order.`,
    )
  }
  if (fitting !== undefined) {
    throw notUnique(
      `the unique index of the batch column ${label} orders them otherwise (mixed ASC and DESC, NULLS in an unusual place, another collation or operator class): it does not serve`,
      'Create a plain unique index on them, or queue with --force if you accept a sort for each job.',
    )
  }
  throw notUnique(
    `no valid, complete unique index covers exactly the batch column ${label}`,
    `Batch over ${describe(keys)}, create a unique index, or queue with --force if you know that it is unique and indexed.`,
  )
}

/** By plain inheritance; a partition is covered by its parent's index. */
async function listChildren(transaction: Transaction, tableOid: string): Promise<readonly string[]> {
  const { rows } = await transaction.query(
    sql`SELECT c.oid::regclass::text AS name
          FROM pg_inherits AS i JOIN pg_class AS c ON c.oid = i.inhrelid
         WHERE i.inhparent = ${tableOid}::oid AND NOT c.relispartition
         ORDER BY 1 LIMIT 10`,
  )
  return rows.map((row) => String(row.name))
}

function notUnique(message: string, remedy: string): TrancheError {
  return new TrancheError('column_not_unique', message, { remedy })
}

function isSame(left: readonly string[], right: readonly string[]): boolean {
  return left.length === right.length && left.every((name, index) => name === right[index])
}

function describe(keys: readonly IndexedKey[]): string {
  const usable = keys.filter(({ isNotNull, isOrdered }) => isNotNull && isOrdered)
  if (usable.length === 0) return 'a column with a unique index (this table has none)'
  return usable.map(({ columns }) => `(${columns.join(', ')})`).join(' or ')
}
