/** Rows whose batch column is NULL lie in no range: they are never visited, and that is told beside the checks. */
import type { Exception } from '../catalogue/definition.ts'
import { raw, sql } from '../shared/sql.ts'
import { tableName } from './batching/batch-table.ts'
import type { MigrationSubject } from './drive.ts'

/** None where no batch column may be NULL. */
export function rowsWithoutKey({ scoped: { table, scope } }: Pick<MigrationSubject, 'scoped'>): readonly Exception[] {
  const nullable = table.columns.filter(({ isNotNull }) => !isNotNull)
  if (nullable.length === 0) return []
  const own = sql.ident(table.name)
  const isNull = sql.join(
    nullable.map(({ name }) => sql`${own}.${sql.ident(name)} IS NULL`),
    ' OR ',
  )
  const rows = sql`FROM ${tableName(table)} WHERE (${isNull})${scope === null ? raw('') : sql` AND (${scope})`}`
  return [
    {
      name: `${nullable.map(({ name }) => name).join(' or ')} is NULL`,
      why: 'Rows without a value of the batch column lie in no range; they are not visited.',
      count: sql`SELECT count(*) ${rows}`,
      rows: sql`SELECT * ${rows}`,
    },
  ]
}
