/** The connections of the practice databases: one for each logical database, each of which maps the others. */
import { DEFAULT_DATABASE } from '../../engine/context.ts'
import type { StoredConnection } from '../../storage/connections.ts'
import { PRACTICE_CATALOGUE } from '../practice/open-practice.ts'
import type { BackendContext } from './backend-context.ts'
import type { PracticePlaces } from './practice-finder.ts'

export const PRACTICE_CONNECTION_ID = 'practice'

/** Their ports may be others each time; passwords stay in memory. What practice no longer has is removed. */
export function savePracticeConnections(
  { storage: { connections } }: Pick<BackendContext, 'storage'>,
  { parameters, others }: PracticePlaces,
): { readonly saved: readonly StoredConnection[]; readonly removed: readonly string[] } {
  const places = new Map([[DEFAULT_DATABASE, parameters], ...others])
  const ids = new Map([...places.keys()].map((database) => [database, idOf(database)]))
  const saved = [...places].map(([logicalDatabase, { host, port, database, user }]): StoredConnection => {
    const connectionId = idOf(logicalDatabase)
    const before = connections.find(connectionId)
    return {
      connectionId,
      name: before?.name ?? (logicalDatabase === DEFAULT_DATABASE ? 'Practice' : `Practice ${logicalDatabase}`),
      environment: 'practice',
      settings: { host, port: String(port), dbname: database, user },
      catalogueFolder: PRACTICE_CATALOGUE,
      trackingSchema: 'tranche',
      logicalDatabase,
      otherDatabases: Object.fromEntries([...ids].filter(([name]) => name !== logicalDatabase)),
      isPractice: true,
      createdAtMs: before?.createdAtMs ?? Date.now(),
      lastOpenedAtMs: before?.lastOpenedAtMs ?? null,
      passwordCommand: null,
      productionUntilMs: null,
    }
  })
  const kept = new Set(ids.values())
  const removed = connections
    .list()
    .filter(({ isPractice, connectionId }) => isPractice && !kept.has(connectionId))
    .map(({ connectionId }) => connectionId)
  for (const connectionId of removed) connections.remove(connectionId, Date.now())
  for (const connection of saved) connections.save(connection)
  return { saved, removed }
}

function idOf(database: string): string {
  return database === DEFAULT_DATABASE ? PRACTICE_CONNECTION_ID : `${PRACTICE_CONNECTION_ID}-${database}`
}
