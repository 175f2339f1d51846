import { TrancheError } from '../../shared/errors.ts'
import { quoteIdentifier, sql } from '../../shared/sql.ts'
import type { BatchTable } from '../batching/batch-table.ts'
import type { EngineContext } from '../context.ts'
import type { Transaction } from './transaction.ts'

/**
 * Throws privilege_missing where the role may not read the batch columns of the table, or a row-level policy hides rows from it;
 * what scope and statement need shows when they run.
 */
export async function assertPrivileges(transaction: Transaction, table: BatchTable): Promise<void> {
  const { rows } = await transaction.query(
    sql`SELECT current_user::text AS role, row_security_active(${table.oid}::oid) AS is_filtered,
               bool_and(has_column_privilege(${table.oid}::oid, name, 'SELECT')) AS may_select
          FROM unnest(${table.columns.map(({ name }) => name)}::text[]) AS name`,
  )
  const [row] = rows as { may_select: boolean; is_filtered: boolean; role: string }[]
  const role = row?.role ?? '?'
  if (row?.may_select === true && row.is_filtered) {
    throw new TrancheError(
      'privilege_missing',
      `row-level security hides rows of "${table.qualifiedName}" from role "${role}": a backfill would be incomplete, and look complete`,
      { remedy: `Connect as the table's owner, or: ALTER ROLE ${role} BYPASSRLS;` },
    )
  }
  if (row?.may_select === true) return
  throw new TrancheError('privilege_missing', `role "${role}" may not read "${table.qualifiedName}"`, {
    remedy: `GRANT SELECT, UPDATE ON ${quoteIdentifier(table.schema)}.${quoteIdentifier(table.name)} TO ${role}; then queue again.`,
  })
}

/** What the server refused for want of a privilege, as the error that people read. */
export function privilegeMissing({ target }: Pick<EngineContext, 'target'>, cause: unknown): TrancheError {
  const said = cause instanceof Error ? cause.message : String(cause)
  return new TrancheError('privilege_missing', `${target.description}: ${said}`, {
    remedy: 'Let the owner of the object grant the privilege to this role, or connect as a role that has it.',
    cause,
  })
}
