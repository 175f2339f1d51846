/** Operations on plain tables, and statements of the author's own. */
import type { CreateTableLike, DropTable, RunSql } from '../../../catalogue/stepped/definition.ts'
import { TrancheError } from '../../../shared/errors.ts'
import { quoteIdentifier, raw, sql } from '../../../shared/sql.ts'
import { findingText, runCheck } from '../../checks.ts'
import type { Transaction } from '../../target/transaction.ts'
import { assertFits, hasRelation } from '../table-facts.ts'
import type { Workbench } from '../workbench.ts'
import { type Finished, finished } from './finished.ts'

/** In one transaction: the table is there with everything, or not at all. One that is there already is left as it is. */
export async function createTableLike(
  bench: Workbench,
  { table, like, isNullable }: CreateTableLike,
): Promise<Finished> {
  const { schema } = bench
  const isNew = await bench.step(async (transaction) => {
    if (await hasRelation(transaction, schema, table)) {
      await assertSameColumns(transaction, schema, { table, like })
      return false
    }
    await transaction.query(
      sql`CREATE TABLE ${sql.ident(schema, table)} (LIKE ${sql.ident(schema, like)} INCLUDING ALL)`,
    )
    await copyForeignKeys(transaction, schema, { table, like })
    await giveOwnSequences(transaction, schema, table)
    if (isNullable) await dropNotNulls(transaction, schema, table)
    return true
  })
  return finished({ wasThere: !isNew })
}

export async function dropTable(bench: Workbench, { table, before }: DropTable): Promise<Finished> {
  const { schema, searchPath } = bench
  const expectation = { exceptions: {}, quarantined: 0, args: {} }
  for (const check of before) {
    const result = await runCheck(bench.adapter, check, { searchPath, expectation, sample: null })
    if (result.holds) continue
    throw new TrancheError('precondition_failed', `${table} is not dropped: ${result.name}: ${findingText(result)}`, {
      remedy: 'Mend that first, then: tranche stepped retry VERSION',
    })
  }
  const wasThere = await bench.step(async (transaction) => {
    const isThere = await hasRelation(transaction, schema, table)
    // Never CASCADE: what hangs on the table is for its owner to say.
    if (isThere) await transaction.query(sql`DROP TABLE ${sql.ident(schema, table)}`)
    return isThere
  })
  return finished({ wasThere })
}

export async function runSql(bench: Workbench, { statements }: RunSql): Promise<Finished> {
  const rowCounts = await bench.step(async (transaction) => {
    const counts: number[] = []
    for (const statement of statements) counts.push((await transaction.query(statement)).rowCount)
    return counts
  })
  return finished({ rowCounts })
}

interface Pair {
  readonly table: string
  readonly like: string
}

/** A table of that name that somebody else made is not ours to fill. Throws column_missing. */
async function assertSameColumns(transaction: Transaction, schema: string, { table, like }: Pair): Promise<void> {
  const { rows } = await transaction.query(
    sql`SELECT a.attname::text AS name, format_type(a.atttypid, a.atttypmod) AS type
          FROM pg_attribute AS a
         WHERE a.attrelid = ${quoted(schema, like)}::regclass AND a.attnum > 0 AND NOT a.attisdropped
           AND NOT EXISTS (SELECT FROM pg_attribute AS b
                            WHERE b.attrelid = ${quoted(schema, table)}::regclass AND b.attname = a.attname
                              AND b.atttypid = a.atttypid AND b.atttypmod = a.atttypmod AND NOT b.attisdropped)
         ORDER BY a.attnum`,
  )
  if (rows.length === 0) return
  const missing = rows.map(({ name, type }) => `${String(name)} ${String(type)}`).join(', ')
  throw new TrancheError(
    'column_missing',
    `the table ${table} is there, but without the columns of ${like}: ${missing}`,
    {
      remedy: 'Rename or drop that table if it is not meant; nothing was changed.',
    },
  )
}

/** LIKE copies everything but foreign keys and triggers. */
async function copyForeignKeys(transaction: Transaction, schema: string, { table, like }: Pair): Promise<void> {
  const { rows } = await transaction.query(
    sql`SELECT pg_get_constraintdef(oid) AS definition FROM pg_constraint
         WHERE conrelid = ${quoted(schema, like)}::regclass AND contype = 'f' ORDER BY conname`,
  )
  for (const { definition } of rows) {
    // The server's own text of a constraint, which is SQL and holds nothing of anybody else.
    await transaction.query(sql`ALTER TABLE ${sql.ident(schema, table)} ADD ${raw(String(definition))}`)
  }
}

/** LIKE copies `nextval('old_id_seq')`: the old table could then not be dropped, and both would draw from one sequence. */
async function giveOwnSequences(transaction: Transaction, schema: string, table: string): Promise<void> {
  const { rows } = await transaction.query(
    sql`SELECT a.attname::text AS name, format_type(a.atttypid, NULL) AS type
          FROM pg_attribute AS a JOIN pg_attrdef AS d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
         WHERE a.attrelid = ${quoted(schema, table)}::regclass AND pg_get_expr(d.adbin, d.adrelid) LIKE 'nextval(%'`,
  )
  for (const { name, type } of rows as { name: string; type: string }[]) {
    const sequence = assertFits(`${table}_${name}_seq`)
    const own = sql.ident(schema, sequence)
    const column = sql.ident(name)
    await transaction.query(sql`CREATE SEQUENCE ${own} AS ${raw(type)} OWNED BY ${sql.ident(schema, table)}.${column}`)
    await transaction.query(
      sql`ALTER TABLE ${sql.ident(schema, table)} ALTER COLUMN ${column} SET DEFAULT nextval(${raw(literal(quoted(schema, sequence)))}::regclass)`,
    )
  }
}

async function dropNotNulls(transaction: Transaction, schema: string, table: string): Promise<void> {
  const { rows } = await transaction.query(
    sql`SELECT a.attname::text AS name FROM pg_attribute AS a
         WHERE a.attrelid = ${quoted(schema, table)}::regclass AND a.attnum > 0 AND a.attnotnull AND NOT a.attisdropped
           AND a.attidentity = ''
           AND NOT EXISTS (SELECT FROM pg_index AS i WHERE i.indrelid = a.attrelid AND i.indisprimary AND a.attnum = ANY (i.indkey))
         ORDER BY a.attnum`,
  )
  for (const { name } of rows) {
    await transaction.query(
      sql`ALTER TABLE ${sql.ident(schema, table)} ALTER COLUMN ${sql.ident(String(name))} DROP NOT NULL`,
    )
  }
}

/** A name as text that `::regclass` reads. */
function quoted(schema: string, name: string): string {
  return `${quoteIdentifier(schema)}.${quoteIdentifier(name)}`
}

/** A default takes no parameter. */
function literal(text: string): string {
  return `'${text.replaceAll("'", "''")}'`
}
