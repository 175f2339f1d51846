import { sql } from '../../shared/sql.ts'
import type { Transaction } from '../target/transaction.ts'
import type { RowCounts } from '../types.ts'
import type { TrackingTables } from './tables.ts'

interface CountsRow {
  readonly scanned: string
  readonly changed: string
  readonly unresolved: string
  readonly quarantined: string
  readonly exact: boolean
}

/** Row outcomes summed over a migration's jobs. */
export async function countRows(
  transaction: Transaction,
  tables: TrackingTables,
  migrationId: string,
): Promise<RowCounts> {
  const { rows } = await transaction.query(
    sql`SELECT coalesce(sum(scanned), 0) AS scanned, coalesce(sum(changed), 0) AS changed,
               coalesce(sum(unresolved), 0) AS unresolved, coalesce(sum(quarantined), 0) AS quarantined,
               coalesce(bool_and(counts_exact), true) AS exact
          FROM ${tables.progress} AS p WHERE migration_id = ${migrationId}`,
  )
  const [row] = rows as unknown as CountsRow[]
  if (row === undefined) throw new Error('a sum returned no row')
  return {
    scanned: Number(row.scanned),
    changed: Number(row.changed),
    unresolved: Number(row.unresolved),
    quarantined: Number(row.quarantined),
    exact: row.exact,
  }
}
