import { sql } from '../../shared/sql.ts'
import type { Transaction } from './transaction.ts'

export type WriteCounters = Readonly<Record<string, string>>

/**
 * How much was ever written to the table and its partitions; null where statistics are off, and before PostgreSQL 15, where
 * they lag behind a commit by nobody knows how much.
 */
export async function readWriteCounters(transaction: Transaction, tableOid: string): Promise<WriteCounters | null> {
  const { rows } = await transaction.query(
    sql`SELECT sum(n_tup_ins)::text AS inserted, sum(n_tup_upd)::text AS updated, sum(n_tup_del)::text AS deleted
          FROM pg_stat_all_tables
         WHERE current_setting('server_version_num')::integer >= 150000
           AND relid IN (SELECT ${tableOid}::oid UNION SELECT relid FROM pg_partition_tree(${tableOid}::oid))
        HAVING count(*) > 0`,
  )
  return (rows[0] as WriteCounters | undefined) ?? null
}

/** Whether something was written between the two readings; not known where there is only one. */
export function hasMoved(before: WriteCounters | null, now: WriteCounters | null): boolean {
  if (before === null || now === null) return false
  return Object.keys(before).some((counter) => before[counter] !== now[counter])
}
