import { TrancheError } from '../../shared/errors.ts'
import { sql } from '../../shared/sql.ts'
import { type EngineContext, inTransaction } from '../context.ts'
import type { TrackedEvent } from '../types.ts'
import { unknownMigration } from '../transitions.ts'
import { isId } from './find-migration.ts'
import { iso } from './tables.ts'

/** The journal of one migration in ascending order, behind the event `after`. Throws unknown_migration, invalid_arguments. */
export async function readEvents(
  context: EngineContext,
  migrationId: string,
  { after = '0' }: { readonly after?: string } = {},
): Promise<readonly TrackedEvent[]> {
  if (!isId(migrationId)) throw unknownMigration(migrationId)
  if (!isId(after)) {
    throw new TrancheError('invalid_arguments', `${JSON.stringify(after)} is not the id of an event`, {
      remedy: 'Give the id of the last event that you have seen.',
    })
  }
  const { rows } = await inTransaction(context, (transaction) =>
    transaction.query(
      sql`SELECT id, ${iso('at')} AS at, migration_id, job_id, kind, operator, host, details
            FROM ${context.tables.events} AS e WHERE migration_id = ${migrationId} AND id > ${after} ORDER BY id`,
    ),
  )
  return rows.map(eventOf)
}

export function eventOf(row: Record<string, unknown>): TrackedEvent {
  return {
    id: String(row.id),
    at: String(row.at),
    migrationId: row.migration_id as string | null,
    jobId: row.job_id as string | null,
    kind: String(row.kind),
    operator: String(row.operator),
    host: String(row.host),
    details: row.details as Record<string, unknown>,
  }
}
