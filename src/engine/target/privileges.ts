import { TrancheError } from '../../shared/errors.ts'
import { sql } from '../../shared/sql.ts'
import type { BatchTable } from '../batching/batch-table.ts'
import type { Transaction } from './transaction.ts'

/** Throws privilege_missing where the role may not read the table that is batched over; what the statement needs shows when it runs. */
export async function assertPrivileges(transaction: Transaction, { oid, qualifiedName }: BatchTable): Promise<void> {
  const { rows } = await transaction.query(
    sql`SELECT has_table_privilege(${oid}::oid, 'SELECT') AS may_select, current_user::text AS role`,
  )
  const [row] = rows as { may_select: boolean; role: string }[]
  if (row?.may_select === true) return
  throw new TrancheError('privilege_missing', `role "${row?.role ?? '?'}" may not read "${qualifiedName}"`, {
    remedy: `GRANT SELECT, UPDATE ON ${qualifiedName} TO ${row?.role ?? 'the role'}; then queue again.`,
  })
}
