/** The `subBatch` that a definition's statement interpolates: the slice's range, and the scope. */
import type { SubBatch } from '../../catalogue/definition.ts'
import { sql, type Sql } from '../../shared/sql.ts'
import { inRange, type KeyRange } from './key-range.ts'
import type { Scoped } from './strategy.ts'

export function createSubBatch({ table, scope }: Scoped, range: KeyRange): SubBatch {
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
          throw new TypeError('subBatch.values exists only under strategy loose_index_scan')
        },
      },
    },
  ) as SubBatch // `on` and `values` are defined one line above; a spread cannot carry a throwing getter
}

/**
 * The scope's bare column names must mean the row of `qualifier` and nothing else, also where the statement joins other
 * tables. Inside the sub-select that row is the only relation, under the table's own name.
 */
function wrapScope(qualifier: Sql, tableName: string, scope: Sql): Sql {
  return sql`EXISTS (SELECT FROM (SELECT ${qualifier}.*) AS ${sql.ident(tableName)} WHERE (${scope}))`
}
