/** Asking the indicators about a queued migration. */
import type { Engine } from '../../src/engine/engine.ts'
import type { ServerConnection } from '../../src/host/postgres/server-login.ts'
import type { HealthReading, IndicatorName } from '../../src/shared/health.ts'
import type { HealthSettings } from '../../src/shared/health-settings.ts'
import { engineAsRole } from './engine-as-role.ts'
import type { Bundle } from './engine-setup.ts'
import { hitEvery } from './hits.ts'
import { queued } from './queued.ts'
import type { TestDatabase } from './test-database.ts'

export interface Asked extends Bundle {
  readonly migrationId: string
  readonly ask: (indicator: IndicatorName) => Promise<HealthReading>
}

export async function askable(server: ServerConnection, health: Partial<HealthSettings> = {}): Promise<Asked> {
  const bundle = await queued(100, hitEvery(), [], { server, ports: { health } })
  return { ...bundle, ask: (indicator) => ask(bundle, indicator) }
}

export async function ask(
  { engine, migrationId }: Pick<Asked, 'engine' | 'migrationId'>,
  indicator: IndicatorName,
): Promise<HealthReading> {
  const reading = (await engine.health(migrationId)).find((each) => each.indicator === indicator)
  if (reading === undefined) throw new Error(`${indicator} was not asked`)
  return reading
}

/** An engine whose role may read the tracking tables and nothing else. */
export async function asReader(database: TestDatabase): Promise<Engine> {
  const { engine } = await engineAsRole(database, {
    grants: (role) => [
      `GRANT USAGE ON SCHEMA tranche TO ${role}`,
      `GRANT SELECT ON ALL TABLES IN SCHEMA tranche TO ${role}`,
    ],
  })
  return engine
}
