/** What LIKE leaves out of a new table, or would let it share with the old one. */
import { raw, sql } from '../../../shared/sql.ts'
import type { Transaction } from '../../target/transaction.ts'
import { assertFits, quoted, type Relation, relationName } from '../table-facts.ts'
import { listNotNulls, type Pair } from './alike.ts'

/** LIKE copies everything but foreign keys and triggers. A key of the source to itself becomes one of the new table to itself. */
export async function copyForeignKeys(transaction: Transaction, { table, source }: Pair): Promise<void> {
  const { rows } = await transaction.query(
    sql`SELECT CASE WHEN confrelid = conrelid
                    THEN replace(pg_get_constraintdef(oid),
                                 format(' REFERENCES %s(', confrelid::regclass),
                                 format(' REFERENCES %s(', ${table.oid}::oid::regclass))
                    ELSE pg_get_constraintdef(oid) END AS definition
          FROM pg_constraint
         WHERE conrelid = ${source.oid}::oid AND contype = 'f' ORDER BY conname`,
  )
  for (const { definition } of rows) {
    // The server's own text of a constraint, which is SQL and holds nothing of anybody else.
    await transaction.query(sql`ALTER TABLE ${relationName(table)} ADD ${raw(String(definition))}`)
  }
}

/**
 * LIKE copies `nextval('old_id_seq')`: the old table could then not be dropped, and both would draw from one sequence. A
 * sequence that the old table does not own is shared on purpose, and stays.
 */
export async function giveOwnSequences(transaction: Transaction, { table, source }: Pair): Promise<void> {
  const { rows } = await transaction.query(
    sql`SELECT a.attname::text AS column,
               format('AS %s INCREMENT BY %s MINVALUE %s MAXVALUE %s START WITH %s CACHE %s %s',
                      format_type(s.seqtypid, NULL), s.seqincrement, s.seqmin, s.seqmax, s.seqstart, s.seqcache,
                      CASE WHEN s.seqcycle THEN 'CYCLE' ELSE 'NO CYCLE' END) AS options
          FROM pg_attribute AS a
          JOIN pg_attrdef AS d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
          JOIN pg_depend AS uses ON uses.classid = 'pg_attrdef'::regclass AND uses.objid = d.oid
                                AND uses.refclassid = 'pg_class'::regclass
          JOIN pg_sequence AS s ON s.seqrelid = uses.refobjid
          JOIN pg_depend AS owned ON owned.classid = 'pg_class'::regclass AND owned.objid = s.seqrelid
                                 AND owned.refclassid = 'pg_class'::regclass AND owned.deptype = 'a'
         WHERE a.attrelid = ${table.oid}::oid AND owned.refobjid = ${source.oid}::oid
           AND pg_get_expr(d.adbin, d.adrelid) LIKE 'nextval(%'
         ORDER BY a.attnum`,
  )
  for (const { column: name, options } of rows as { column: string; options: string }[]) {
    const sequence = assertFits(`${table.name}_${name}_seq`)
    const column = sql.ident(name)
    await transaction.query(
      sql`CREATE SEQUENCE ${sql.ident(table.schema, sequence)} ${raw(options)} OWNED BY ${relationName(table)}.${column}`,
    )
    await transaction.query(
      sql`ALTER TABLE ${relationName(table)} ALTER COLUMN ${column}
            SET DEFAULT nextval(${raw(literal(quoted(table.schema, sequence)))}::regclass)`,
    )
  }
}

export async function dropNotNulls(transaction: Transaction, table: Relation): Promise<void> {
  for (const name of await listNotNulls(transaction, table))
    await transaction.query(sql`ALTER TABLE ${relationName(table)} ALTER COLUMN ${sql.ident(name)} DROP NOT NULL`)
}

/** A default takes no parameter. */
function literal(text: string): string {
  return `'${text.replaceAll("'", "''")}'`
}
