/** Ids that were copied are not to be given out once more: the new table's own sequences go on behind them. */
import type { CopyRows } from '../../../catalogue/stepped/definition.ts'
import { sql } from '../../../shared/sql.ts'
import { getTable, relationName } from '../table-facts.ts'
import type { Workbench } from '../workbench.ts'

/** The column of each sequence that was moved, and the value behind which it goes on; no sequence is moved back. */
export async function raiseSequences(bench: Workbench, copy: CopyRows): Promise<Readonly<Record<string, string>>> {
  const moved: Record<string, string> = {}
  await bench.step(async (transaction) => {
    const table = await getTable(transaction, copy.to)
    const { rows } = await transaction.query(
      sql`SELECT a.attname::text AS column, s.oid::text AS oid, n.nspname::text AS schema, s.relname::text AS name
            FROM pg_depend AS d
            JOIN pg_class AS s ON s.oid = d.objid AND s.relkind = 'S'
            JOIN pg_namespace AS n ON n.oid = s.relnamespace
            JOIN pg_sequence AS q ON q.seqrelid = s.oid AND q.seqincrement > 0
            JOIN pg_attribute AS a ON a.attrelid = d.refobjid AND a.attnum = d.refobjsubid
           WHERE d.classid = 'pg_class'::regclass AND d.refclassid = 'pg_class'::regclass
             AND d.refobjid = ${table.oid}::oid AND d.deptype IN ('a', 'i')
             AND a.attname = ANY (${copy.columns.map(({ name }) => name)})`,
    )
    for (const row of rows as { column: string; oid: string; schema: string; name: string }[]) {
      const { rows: set } = await transaction.query(
        sql`SELECT setval(${row.oid}::oid::regclass, copied.highest)::text AS value
              FROM (SELECT max(${sql.ident(row.column)})::bigint AS highest FROM ${relationName(table)}) AS copied,
                   ${relationName(row)} AS s
             WHERE copied.highest > s.last_value OR copied.highest = s.last_value AND NOT s.is_called`,
      )
      const [first] = set
      if (first !== undefined) moved[row.column] = String(first.value)
    }
  })
  return moved
}
