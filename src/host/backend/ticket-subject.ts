import type { TargetSession } from './target-session.ts'
import type { Subject } from './tickets.ts'

/** What a ticket is issued for, as the target has it now. */
export async function subjectOf(session: TargetSession, verb: Subject['verb'], migrationId: string): Promise<Subject> {
  const { connectionId, environment } = session.connection
  const migration = await session.engine().get(migrationId)
  return { verb, connectionId, environment, database: session.database(), migration }
}
