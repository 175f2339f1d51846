import type { TargetSession } from './target-session.ts'
import type { Subject } from './tickets.ts'

/** What a ticket is issued for, as the target has it now. */
export async function subjectOf(session: TargetSession, verb: Subject['verb'], migrationId: string): Promise<Subject> {
  const { connectionId, environment } = session.connection
  const { id, jobClassName, definitionHash } = await session.engine().get(migrationId)
  const place = { connectionId, environment, database: session.database() }
  return { verb, ...place, object: jobClassName, shown: [id, definitionHash] }
}
