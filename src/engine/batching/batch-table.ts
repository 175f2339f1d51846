/** The table that a migration iterates over, as it is in the target now. */
import { TrancheError } from '../../shared/errors.ts'
import { quoteIdentifier, raw, sql, type Sql } from '../../shared/sql.ts'
import { leaseRoot } from '../lease-root.ts'
import type { Transaction } from '../target/transaction.ts'
import { readBatchColumns } from './batch-columns.ts'

export interface BatchColumn {
  readonly name: string
  /** As PostgreSQL writes it, e.g. `bigint`, `timestamp with time zone`. */
  readonly type: string
  readonly isNotNull: boolean
  /** The type that keys are cast to before they are compared, as SQL (see batch-columns.ts). */
  readonly comparedAs: string
  /** The column's collation as SQL; null where its type has none. */
  readonly collation: string | null
  /** Whether PostgreSQL orders the type, by operators that the search_path at hand finds. */
  readonly isOrdered: boolean
}

export interface BatchTable {
  readonly oid: string
  /** Under which it is leased: that of the table at the top, where it is a partition or a child. */
  readonly leaseOid: string
  readonly schema: string
  readonly name: string
  /** `schema.table`, unquoted: what the tracking tables keep. */
  readonly qualifiedName: string
  readonly columns: readonly BatchColumn[]
}

/** The table and its batch columns, found under the role's search_path. Throws table_missing and column_missing. */
export async function findBatchTable(
  transaction: Transaction,
  name: string,
  columns: readonly string[],
): Promise<BatchTable> {
  const { rows } = await transaction.query(
    sql`SELECT c.oid::text AS oid, ${leaseRoot(raw('c.oid'))}::text AS lease_oid, n.nspname::text AS schema, c.relname::text AS name, c.relkind::text AS kind
          FROM pg_class AS c
          JOIN pg_namespace AS n ON n.oid = c.relnamespace
         WHERE c.oid = to_regclass(${quoteQualified(name)})`,
  )
  const [row] = rows as { oid: string; lease_oid: string; schema: string; name: string; kind: string }[]
  if (row === undefined) {
    throw new TrancheError('table_missing', `there is no table "${name}" that this role can see`, {
      remedy: 'Check the definition’s table, its schema, and the role’s search_path and USAGE on the schema.',
    })
  }
  if (row.kind !== 'r' && row.kind !== 'p') {
    throw new TrancheError('table_missing', `"${name}" is not a table`, {
      remedy:
        'A batched migration iterates over a table or a partitioned table; a view hides locks, vacuum and indexes.',
    })
  }
  const { oid, lease_oid: leaseOid, schema, name: found } = row
  return withColumns(transaction, { oid, leaseOid, schema, name: found }, columns)
}

/** The same table by its oid, as a run finds it again. Throws table_missing where it was dropped since. */
export async function getBatchTable(
  transaction: Transaction,
  { oid, label, columns }: { readonly oid: string; readonly label: string; readonly columns: readonly string[] },
): Promise<BatchTable> {
  const { rows } = await transaction.query(
    sql`SELECT ${leaseRoot(raw('c.oid'))}::text AS lease_oid, n.nspname::text AS schema, c.relname::text AS name
          FROM pg_class AS c
          JOIN pg_namespace AS n ON n.oid = c.relnamespace
         WHERE c.oid = ${oid}::oid`,
  )
  const [row] = rows as { lease_oid: string; schema: string; name: string }[]
  if (row === undefined) {
    throw new TrancheError(
      'table_missing',
      `the table "${label}" of this migration is gone: it was dropped after queueing`,
      {
        remedy: 'If it was made anew, queue the migration again.',
      },
    )
  }
  const { lease_oid: leaseOid, schema, name } = row
  return withColumns(transaction, { oid, leaseOid, schema, name }, columns)
}

/** The quoted name for statements. */
export function tableName({ schema, name }: BatchTable): Sql {
  return sql.ident(schema, name)
}

async function withColumns(
  transaction: Transaction,
  { oid, leaseOid, schema, name }: Omit<BatchTable, 'qualifiedName' | 'columns'>,
  names: readonly string[],
): Promise<BatchTable> {
  const found = await readBatchColumns(transaction, oid, names)
  const columns = names.map((column) => {
    const match = found.find((candidate) => candidate.name === column)
    if (match !== undefined) return match
    throw new TrancheError('column_missing', `the table "${schema}.${name}" has no column "${column}"`, {
      remedy: 'Check the definition’s column.',
      details: { table: `${schema}.${name}`, column },
    })
  })
  return { oid, leaseOid, schema, name, qualifiedName: `${schema}.${name}`, columns }
}

/** `schema.table` or `table` as to_regclass wants it, each part quoted so that case and odd names survive. */
function quoteQualified(name: string): string {
  const dot = name.indexOf('.')
  const parts = dot === -1 ? [name] : [name.slice(0, dot), name.slice(dot + 1)]
  return parts.map(quoteIdentifier).join('.')
}
