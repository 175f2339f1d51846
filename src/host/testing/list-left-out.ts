/** Rows in scope that the `select` of an eachRow does not return: no other part of the definition ever hears of them. */
import type { BatchedMigrationDefinition, JobArguments } from '../../catalogue/definition.ts'
import { sql, type Sql } from '../../shared/sql.ts'
import { onConnection, type PracticeDatabase, queryCompiled } from './practice-database.ts'
import { trialContext, wholeSlice } from './trial-slice.ts'

/**
 * Their keys as text, in the order of the keys, as the table is now: asked of the whole range at once, so that a LIMIT is seen
 * as well. Empty for the other forms of `perform`, for distinct values, and where select cannot be run: a run tells of that.
 */
export async function listLeftOut(
  { connection }: PracticeDatabase,
  definition: BatchedMigrationDefinition,
  args: JobArguments,
): Promise<readonly string[]> {
  const { perform, columns, strategy, table } = definition
  if (typeof perform === 'function' || strategy === 'loose_index_scan') return []
  const whole = wholeSlice(definition, args)
  const keyOf = (alias: string): Sql => sql`(${sql.join(columns.map((column) => sql.ident(alias, column)))})`
  // As text: an author may cast a key.
  const textOf = (alias: string): Sql =>
    sql`(${sql.join(columns.map((column) => sql`${sql.ident(alias, column)}::text`))})`
  const shown = sql`concat_ws(', ', ${sql.join(columns.map((column) => sql.ident('visited', column)))})`
  return onConnection(connection, async (client) => {
    await client.query('BEGIN READ ONLY')
    try {
      const selected = perform.select(trialContext(whole, args))
      const { rows } = await queryCompiled(
        client,
        sql`WITH "the author's" AS (${selected})
            SELECT ${shown} AS key
              FROM (SELECT * FROM ${sql.ident(...table.split('.'))} WHERE ${whole}) AS visited
             WHERE ${keyOf('visited')} IS NOT NULL
               AND NOT EXISTS (SELECT FROM "the author's" AS selected WHERE ${textOf('selected')} = ${textOf('visited')})
             ORDER BY ${keyOf('visited')}`,
      )
      return rows.map(({ key }) => String(key))
    } catch {
      return []
    }
  })
}
