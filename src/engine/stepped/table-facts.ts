/** Questions about the adapter's tables, asked inside a step, behind its lock. */
import { TrancheError } from '../../shared/errors.ts'
import { quoteIdentifier, sql, type Sql } from '../../shared/sql.ts'
import type { Transaction } from '../target/transaction.ts'

const LONGEST_NAME_BYTES = 63

/** A table, index, sequence or view as the server knows it. */
export interface Relation {
  readonly oid: string
  readonly schema: string
  readonly name: string
  readonly isTable: boolean
}

/** What PostgreSQL means by `table` or `schema.table` under the step's search path; null where there is nothing. */
export async function findRelation(transaction: Transaction, name: string): Promise<Relation | null> {
  return findOne(transaction, sql`c.oid = to_regclass(${quoted(...name.split('.'))})`)
}

/** The same in this one schema. */
export async function findIn(transaction: Transaction, schema: string, name: string): Promise<Relation | null> {
  return findOne(transaction, sql`n.nspname = ${schema} AND c.relname = ${name}`)
}

async function findOne(transaction: Transaction, condition: Sql): Promise<Relation | null> {
  const { rows } = await transaction.query(
    sql`SELECT c.oid::text AS oid, n.nspname::text AS schema, c.relname::text AS name, c.relkind IN ('r', 'p') AS is_table
          FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
         WHERE ${condition}`,
  )
  const [row] = rows as { oid: string; schema: string; name: string; is_table: boolean }[]
  return row === undefined ? null : { oid: row.oid, schema: row.schema, name: row.name, isTable: row.is_table }
}

/** In `schema`, or under the search path. Throws table_missing where there is none of that name, or it is no table. */
export async function getTable(transaction: Transaction, name: string, schema?: string): Promise<Relation> {
  const found = await (schema === undefined ? findRelation(transaction, name) : findIn(transaction, schema, name))
  if (found?.isTable === true) return found
  throw new TrancheError(
    'table_missing',
    found === null ? `there is no table ${name} that this role can see` : `${name} is not a table`,
    { remedy: 'Check the name in the definition, and the role’s search_path and USAGE on the schema.' },
  )
}

/** The quoted name for statements. */
export function relationName({ schema, name }: Pick<Relation, 'schema' | 'name'>): Sql {
  return sql.ident(schema, name)
}

/** A name as text that `::regclass` reads. */
export function quoted(...names: readonly string[]): string {
  return names.map(quoteIdentifier).join('.')
}

export async function isPartitionOf(
  transaction: Transaction,
  { child, parent }: { readonly child: Relation; readonly parent: Relation },
): Promise<boolean> {
  const { rowCount } = await transaction.query(
    sql`SELECT FROM pg_inherits WHERE inhrelid = ${child.oid}::oid AND inhparent = ${parent.oid}::oid`,
  )
  return rowCount > 0
}

/**
 * Whether the table has a complete index of that name; one that a stopped build left behind is dropped. Throws
 * precondition_failed where the name belongs to something else.
 */
export async function hasCompleteIndex(transaction: Transaction, table: Relation, index: string): Promise<boolean> {
  const found = await findIn(transaction, table.schema, index)
  if (found === null) return false
  const { rows } = await transaction.query(
    sql`SELECT indisvalid AS is_valid FROM pg_index WHERE indexrelid = ${found.oid}::oid AND indrelid = ${table.oid}::oid`,
  )
  const [row] = rows
  if (row === undefined) throw nameTaken(found, `an index of ${table.name}`)
  if (row.is_valid === true) return true
  // A parent's index is invalid where a partition's is missing; it cannot be completed by name.
  await transaction.query(sql`DROP INDEX ${relationName(found)}`)
  return false
}

export function nameTaken({ schema, name }: Relation, wanted: string): TrancheError {
  return new TrancheError(
    'precondition_failed',
    `the name ${schema}.${name} is taken by something else than ${wanted}`,
    { remedy: 'Rename that, or give the collection another name; then: tranche stepped retry VERSION' },
  )
}

export async function hasColumn(transaction: Transaction, table: Relation, column: string): Promise<boolean> {
  const { rowCount } = await transaction.query(
    sql`SELECT FROM pg_attribute
         WHERE attrelid = ${table.oid}::oid AND attname = ${column} AND NOT attisdropped AND attnum > 0`,
  )
  return rowCount > 0
}

/** The columns of each unique key that holds for all rows at every moment: complete, not partial, not deferrable. */
export async function listUniqueKeys(transaction: Transaction, table: Relation): Promise<readonly UniqueKey[]> {
  const { rows } = await transaction.query(
    sql`SELECT array_agg(a.attname::text ORDER BY k.position) AS columns, i.indisprimary AS is_primary
          FROM pg_index AS i
         CROSS JOIN LATERAL unnest(i.indkey::int2[]) WITH ORDINALITY AS k (attnum, position)
          JOIN pg_attribute AS a ON a.attrelid = i.indrelid AND a.attnum = k.attnum
         WHERE i.indrelid = ${table.oid}::oid AND i.indisunique AND i.indisvalid AND i.indimmediate
           AND i.indpred IS NULL AND i.indexprs IS NULL AND k.position <= i.indnkeyatts
         GROUP BY i.indexrelid, i.indisprimary
         ORDER BY i.indisprimary DESC, i.indexrelid`,
  )
  return rows.map((row) => ({ columns: row.columns as string[], isPrimary: row.is_primary === true }))
}

export interface UniqueKey {
  /** In the index's order. */
  readonly columns: readonly string[]
  readonly isPrimary: boolean
}

/** Whether the key is over exactly these columns, in any order. */
export function isOver({ columns }: UniqueKey, wanted: readonly string[]): boolean {
  return columns.length === wanted.length && columns.every((name) => wanted.includes(name))
}

/** PostgreSQL cuts longer names without a word, and then what was made is not found again. Throws definition_invalid. */
export function assertFits(name: string): string {
  if (Buffer.byteLength(name) <= LONGEST_NAME_BYTES) return name
  throw new TrancheError('definition_invalid', `the name ${name} is longer than the 63 bytes that PostgreSQL keeps`, {
    remedy: 'Shorten the collection’s or the field’s name, or the connection’s prefix.',
  })
}
