import type { EngineContext } from '../context.ts'
import type { SteppedSource } from '../ports.ts'

/** The stepped migrations of this logical database; null where no catalogue is open. What cannot be loaded may be one of them. */
export function ownSource({
  definitions,
  database,
}: Pick<EngineContext, 'definitions' | 'database'>): SteppedSource | null {
  const source = definitions.stepped?.() ?? null
  if (source === null) return null
  const migrations = source.migrations.filter(({ definition }) => definition.database === database)
  return { migrations, broken: source.broken }
}
