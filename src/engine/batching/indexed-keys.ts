import { sql } from '../../shared/sql.ts'
import type { Transaction } from '../target/transaction.ts'

export interface IndexedKey {
  /** In the index's order. */
  readonly columns: readonly string[]
  readonly isUnique: boolean
  readonly isNotNull: boolean
  /**
   * Whether reading it gives its columns in their own order: all ASC (NULLS LAST) or all DESC (NULLS FIRST), their collations, the
   * types' own operators.
   */
  readonly isOrdered: boolean
  /** The same of its first column alone. */
  readonly isOrderedByFirst: boolean
}

/** What the valid, complete btree indexes of a table are on, the primary key first. Expressions and partial ones are left out. */
export async function listIndexedKeys(transaction: Transaction, tableOid: string): Promise<readonly IndexedKey[]> {
  const { rows } = await transaction.query(
    sql`SELECT array_agg(a.attname::text ORDER BY k.position) AS columns, i.indisunique AS is_unique,
               bool_and(a.attnotnull) AS is_not_null,
               bool_and(oc.opcdefault AND k.collation_oid = a.attcollation) AND count(DISTINCT k.option_bits) = 1 AND bool_and(k.option_bits IN (0, 3)) AS is_ordered,
               bool_and(oc.opcdefault AND k.collation_oid = a.attcollation AND k.option_bits IN (0, 3)) FILTER (WHERE k.position = 1)
                 AS is_ordered_by_first
          FROM pg_index AS i
          JOIN pg_class AS c ON c.oid = i.indexrelid
          JOIN pg_am AS am ON am.oid = c.relam AND am.amname = 'btree'
         CROSS JOIN LATERAL unnest(i.indkey::int2[], i.indoption::int2[], i.indcollation::oid[], i.indclass::oid[])
               WITH ORDINALITY AS k (attnum, option_bits, collation_oid, opclass, position)
          JOIN pg_attribute AS a ON a.attrelid = i.indrelid AND a.attnum = k.attnum
          LEFT JOIN pg_opclass AS oc ON oc.oid = k.opclass
         WHERE i.indrelid = ${tableOid}::oid AND i.indisvalid AND i.indpred IS NULL AND i.indexprs IS NULL
           AND k.position <= i.indnkeyatts
         GROUP BY i.indexrelid, i.indisunique, i.indisprimary
         ORDER BY i.indisprimary DESC, i.indexrelid`,
  )
  return (rows as unknown as KeyRow[]).map((row) => ({
    columns: row.columns,
    isUnique: row.is_unique,
    isNotNull: row.is_not_null,
    isOrdered: row.is_ordered,
    isOrderedByFirst: row.is_ordered_by_first,
  }))
}

interface KeyRow {
  readonly columns: readonly string[]
  readonly is_unique: boolean
  readonly is_not_null: boolean
  readonly is_ordered: boolean
  readonly is_ordered_by_first: boolean
}
