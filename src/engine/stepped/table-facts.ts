/** Questions about the adapter's tables, asked inside a step, behind its lock. */
import { TrancheError } from '../../shared/errors.ts'
import { sql } from '../../shared/sql.ts'
import type { Transaction } from '../target/transaction.ts'

const LONGEST_NAME_BYTES = 63

/** Whether the schema has a table, index or sequence of that name. */
export async function hasRelation(transaction: Transaction, schema: string, name: string): Promise<boolean> {
  const { rowCount } = await transaction.query(
    sql`SELECT FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
         WHERE n.nspname = ${schema} AND c.relname = ${name}`,
  )
  return rowCount > 0
}

/** An index of that name that is complete; one that a stopped build left behind does not count. */
export async function hasValidIndex(transaction: Transaction, schema: string, name: string): Promise<boolean> {
  const { rowCount } = await transaction.query(
    sql`SELECT FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
          JOIN pg_index AS i ON i.indexrelid = c.oid
         WHERE n.nspname = ${schema} AND c.relname = ${name} AND i.indisvalid`,
  )
  return rowCount > 0
}

export async function hasColumn(
  transaction: Transaction,
  { schema, table, column }: { readonly schema: string; readonly table: string; readonly column: string },
): Promise<boolean> {
  const { rowCount } = await transaction.query(
    sql`SELECT FROM pg_attribute AS a JOIN pg_class AS c ON c.oid = a.attrelid JOIN pg_namespace AS n ON n.oid = c.relnamespace
         WHERE n.nspname = ${schema} AND c.relname = ${table} AND a.attname = ${column} AND NOT a.attisdropped AND a.attnum > 0`,
  )
  return rowCount > 0
}

/** PostgreSQL cuts longer names without a word, and then what was made is not found again. Throws definition_invalid. */
export function assertFits(name: string): string {
  if (Buffer.byteLength(name) <= LONGEST_NAME_BYTES) return name
  throw new TrancheError('definition_invalid', `the name ${name} is longer than the 63 bytes that PostgreSQL keeps`, {
    remedy: 'Shorten the collection’s or the field’s name, or the connection’s prefix.',
  })
}
