/** What is queued in several databases, as one list. */
import type { MigrationState } from '../engine/types.ts'
import type { OpenedDatabase } from './session.ts'

/**
 * Oldest first, database by database. Two names may lead to one place, as where everything still lives in one database:
 * a row is then shown under the name that it was queued for.
 */
export async function listStates(databases: readonly OpenedDatabase[]): Promise<readonly MigrationState[]> {
  const names = databases.map(({ database }) => database)
  const shown = new Map<string, MigrationState>()
  for (const { engine, target, database: name } of databases) {
    if (databases.length > 1 && !(await engine.hasTracking())) continue
    for (const state of await engine.list()) {
      if (state.database !== name && names.includes(state.database)) continue
      const key = `${target.description} ${state.id}`
      if (!shown.has(key)) shown.set(key, state)
    }
  }
  return [...shown.values()]
}
