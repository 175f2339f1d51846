/** The columns of a batch table, and how their values are compared: as the index on them compares, never as text. */
import { raw, sql, type Sql } from '../../shared/sql.ts'
import type { Transaction } from '../target/transaction.ts'
import type { BatchColumn } from './batch-table.ts'

interface ColumnRow {
  readonly name: string
  readonly type: string
  readonly is_not_null: boolean
  readonly compared_as: string
  readonly collation: string | null
  readonly is_ordered: boolean
}

/** Those of `names` that the table has, in no particular order. */
export async function readBatchColumns(
  transaction: Transaction,
  tableOid: string,
  names: readonly string[],
): Promise<readonly BatchColumn[]> {
  const { rows } = await transaction.query(
    sql`SELECT a.attname::text AS name, format_type(a.atttypid, a.atttypmod) AS type, a.attnotnull AS is_not_null,
               ${COMPARED_AS} AS compared_as,
               quote_ident(cn.nspname) || '.' || quote_ident(c.collname) AS collation,
               ${IS_ORDERED} AS is_ordered
          FROM pg_attribute AS a
         CROSS JOIN LATERAL (
               WITH RECURSIVE domains AS (
                 SELECT a.atttypid AS oid
                  UNION ALL
                 SELECT d.typbasetype FROM domains JOIN pg_type AS d ON d.oid = domains.oid WHERE d.typtype = 'd')
               SELECT t.* FROM domains JOIN pg_type AS t ON t.oid = domains.oid WHERE t.typtype <> 'd') AS t
          JOIN pg_namespace AS tn ON tn.oid = t.typnamespace
          LEFT JOIN pg_collation AS c ON c.oid = a.attcollation
          LEFT JOIN pg_namespace AS cn ON cn.oid = c.collnamespace
         WHERE a.attrelid = ${tableOid}::oid AND a.attnum > 0 AND NOT a.attisdropped AND a.attname = ANY (${[...names]})`,
  )
  return (rows as unknown as ColumnRow[]).map((row) => ({
    name: row.name,
    type: row.type,
    isNotNull: row.is_not_null,
    comparedAs: row.compared_as,
    collation: row.collation,
    isOrdered: row.is_ordered,
  }))
}

/**
 * Domains compare as what they are made of. Without length or precision, since a cast to them would cut or round a bound.
 * A bound may lie beyond what an integer or smallint can hold; their indexes serve bigint as well.
 */
const COMPARED_AS: Sql = raw(`
  CASE WHEN t.oid IN ('int2'::regtype, 'int4'::regtype) THEN 'bigint'
       WHEN tn.nspname = 'pg_catalog' THEN format_type(t.oid, -1)
       ELSE quote_ident(tn.nspname) || '.' || quote_ident(t.typname) END`)

/** The operator > of an operator class (strategy 5 of a btree), where unqualified SQL finds it. */
const FOUND_OPERATOR = `
  SELECT pg_operator_is_visible(o.amopopr)
    FROM pg_opclass AS oc
    JOIN pg_am AS am ON am.oid = oc.opcmethod AND am.amname = 'btree'
    JOIN pg_amop AS o ON o.amopfamily = oc.opcfamily AND o.amoplefttype = oc.opcintype
                     AND o.amoprighttype = oc.opcintype AND o.amopstrategy = 5
   WHERE oc.opcdefault`

/** By an order of its own; else by that of a type with the same representation, or of all enums, arrays and ranges. */
const IS_ORDERED: Sql = raw(`coalesce(
  (${FOUND_OPERATOR} AND oc.opcintype = t.oid),
  (SELECT bool_or(found.pg_operator_is_visible) FROM (${FOUND_OPERATOR} AND (
     oc.opcintype IN (SELECT k.casttarget FROM pg_cast AS k
                       WHERE k.castsource = t.oid AND k.castmethod = 'b' AND k.castcontext = 'i')
     OR oc.opcintype = to_regtype(CASE t.typtype WHEN 'e' THEN 'anyenum' WHEN 'r' THEN 'anyrange'
                                                 WHEN 'm' THEN 'anymultirange' END)
     OR t.typcategory = 'A' AND oc.opcintype = 'anyarray'::regtype)) AS found),
  false)`)
