/**
 * The order of the keys is the ground that jobs, cursors and the planning frontier stand on. A column that was altered since
 * (another type, another collation) orders them otherwise: "behind the bound" would leave rows out, and call that the end.
 */
import { TrancheError } from '../shared/errors.ts'
import type { BatchColumn } from './batching/batch-table.ts'
import type { MigrationSubject } from './drive.ts'

const COLLATE = ' COLLATE '
const MODIFIER = /\([\d,-]+\)/
/** Types of one order, whose values are also written in the same way. */
const SAME_ORDER: Readonly<Record<string, string>> = {
  smallint: 'bigint',
  integer: 'bigint',
  'character varying': 'text',
}

/** A batch column's type and collation, as the tracking tables keep them from queue time on. */
export function orderOf({ type, collation }: Pick<BatchColumn, 'type' | 'collation'>): string {
  return collation === null ? type : `${type}${COLLATE}${collation}`
}

/** The type alone. */
export function typeIn(order: string): string {
  return order.split(COLLATE, 1)[0] ?? order
}

/** Throws column_unsupported where the batch columns order their keys otherwise than when the migration was queued. */
export function assertSameOrder({ migration, scoped, queuedOrders }: MigrationSubject): void {
  scoped.table.columns.forEach((column, index) => {
    const queued = queuedOrders[index]
    const now = orderOf(column)
    if (queued === undefined || isSameOrder(queued, now)) return
    throw new TrancheError(
      'column_unsupported',
      `the batch column "${column.name}" of "${scoped.table.qualifiedName}" was ${queued} when migration ${migration.id} was queued and is ${now} now, which orders keys otherwise`,
      {
        remedy: `Where its jobs end means nothing in that order: alter the column back, or start over: tranche requeue ${migration.id}`,
        details: { column: column.name, queued, now },
      },
    )
  })
}

function isSameOrder(queued: string, now: string): boolean {
  const collation = (order: string): string | undefined => order.split(COLLATE)[1]
  const family = (order: string): string => {
    const type = typeIn(order).replace(MODIFIER, '')
    return SAME_ORDER[type] ?? type
  }
  // Migrations that an earlier version queued say nothing of the collation.
  const isSameCollation = collation(queued) === undefined || collation(queued) === collation(now)
  return isSameCollation && family(queued) === family(now)
}
