/** The `subBatch` that a definition's statement interpolates: the slice's range, and the scope. */
import type { SubBatch } from '../../catalogue/definition.ts'
import { raw, sql, type Sql } from '../../shared/sql.ts'
import type { BatchTable } from './batch-table.ts'
import { inRange, type KeyRange, keyTuple } from './key-range.ts'
import type { Scoped } from './strategy.ts'

/** `values`: the slice's distinct values, under loose_index_scan. */
export function createSubBatch({ table, scope }: Scoped, range: KeyRange, values?: readonly string[]): SubBatch {
  const restrict = (qualifier: Sql): Sql => {
    const condition = inRange(qualifier, table.columns, range)
    return scope === null ? sql`(${condition})` : sql`(${condition} AND ${wrapScope(qualifier, table.name, scope)})`
  }
  const own = restrict(sql.ident(table.name))
  return Object.defineProperties(
    { ...own },
    {
      on: { value: (alias: string) => restrict(sql.ident(alias)) },
      values: {
        get: () => {
          if (values !== undefined) return valueList(table, values)
          throw new TypeError('subBatch.values exists only under strategy loose_index_scan')
        },
      },
    },
  ) as SubBatch // `on` and `values` are defined one line above; a spread cannot carry a throwing getter
}

/** The protocol counts parameters in 16 bits; the author's statement may have some of its own. */
const MOST_PARAMETERS = 10_000

/** Parenthesised, of one column: for `IN …` and for `FROM … AS v(x)`. */
function valueList({ columns }: BatchTable, values: readonly string[]): Sql {
  if (values.length > MOST_PARAMETERS) {
    const type = columns[0]?.comparedAs ?? 'text'
    return sql`(SELECT listed.value${raw(`::${type}`)} FROM unnest(${[...values]}::text[]) AS listed (value))`
  }
  return sql`(VALUES ${sql.join(values.map((value) => sql`(${keyTuple(columns, [value])})`))})`
}

/**
 * The scope's bare column names must mean the row of `qualifier` and nothing else, also where the statement joins other
 * tables. Inside the sub-select that row is the only relation, under the table's own name.
 */
function wrapScope(qualifier: Sql, tableName: string, scope: Sql): Sql {
  return sql`EXISTS (SELECT FROM (SELECT ${qualifier}.*) AS ${sql.ident(tableName)} WHERE (${scope}))`
}
