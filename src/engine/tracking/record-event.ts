import { sql } from '../../shared/sql.ts'
import type { EngineContext } from '../context.ts'
import type { Transaction } from '../target/transaction.ts'
import { storable } from './storable.ts'

interface EventToRecord {
  readonly kind: string
  readonly migrationId?: string
  readonly jobId?: string
  readonly details?: Readonly<Record<string, unknown>>
}

/** Appends to the journal of operator actions: who, what, when, from which host. In the transaction of the action itself. */
export async function recordEvent(
  transaction: Transaction,
  { tables, identity }: Pick<EngineContext, 'tables' | 'identity'>,
  { kind, migrationId, jobId, details = {} }: EventToRecord,
): Promise<void> {
  const json = JSON.stringify(details, (_key, value: unknown) => (typeof value === 'string' ? storable(value) : value))
  await transaction.query(
    sql`INSERT INTO ${tables.events} (migration_id, job_id, kind, operator, host, details)
        VALUES (${migrationId ?? null}, ${jobId ?? null}, ${kind}, ${identity.operator}, ${identity.host}, ${json})`,
  )
}
