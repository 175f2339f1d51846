import { quoteIdentifier, sql } from '../shared/sql.ts'
import { type EngineContext, inTransaction, onlyRow } from './context.ts'

/**
 * The role's search_path as the author's statements shall have it. Where it leads into the tracking schema (a role of the same
 * name has it first, through "$user"), that one is left out: `events` must mean the author's table.
 */
export async function authorSearchPath(context: EngineContext): Promise<string> {
  const { rows } = await inTransaction(context, (transaction) =>
    transaction.query(sql`SELECT current_setting('search_path') AS written, current_schemas(false)::text[] AS schemas`),
  )
  const { written, schemas } = onlyRow<{ written: string; schemas: string[] }>(rows, 'a setting returned no row')
  if (!schemas.includes(context.tables.schema)) return written
  const others = schemas.filter((schema) => schema !== context.tables.schema)
  return others.length === 0 ? '""' : others.map(quoteIdentifier).join(', ')
}
