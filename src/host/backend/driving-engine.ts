/** An engine on connections of its own: what a run does must not wait for what a page reads, nor the other way round. */
import { createEngine, type Engine } from '../../engine/engine.ts'
import type { DefinitionSource } from '../../engine/ports.ts'
import { openTarget, type Target } from '../../engine/target/open-target.ts'
import type { HealthSettings } from '../../shared/health-settings.ts'
import type { StoredConnection } from '../../storage/connections.ts'
import { createAdapters } from '../adapters.ts'
import { applicationName } from '../create-engine-host.ts'
import { systemClock } from '../system/clock.ts'
import { systemProcesses } from '../system/process-table.ts'
import { systemRandom } from '../system/random.ts'
import type { BackendContext } from './backend-context.ts'
import { openMapped } from './mapped-databases.ts'
import type { ResolvedConnection } from './resolve-connection.ts'

export interface OpenedEngine {
  readonly engine: Engine
  readonly target: Target
}

export interface EngineNeeds {
  readonly resolved: ResolvedConnection
  readonly definitions: DefinitionSource
  readonly connection: StoredConnection
  readonly maxConnections: number
  /** Thresholds as they are now; asked each time. */
  readonly health: () => HealthSettings
}

/** A console's run outlives the failures of an evening; whoever does not want to wait stops it. */
const RECONNECT_MS = 12 * 60 * 60 * 1000

export function openEngine(context: BackendContext, needs: EngineNeeds): OpenedEngine {
  const { identity, logger, rowTransformer, env } = context
  const { resolved, definitions, connection, maxConnections, health } = needs
  const otherDatabases = openMapped(context, connection, maxConnections)
  const name = applicationName(identity.version, identity.operator)
  const adapters = createAdapters({ applicationName: name, logger, env })
  const target = openTarget(resolved.parameters, {
    applicationName: name,
    logger,
    maxConnections,
    connectTimeoutMs: resolved.connectTimeoutMs,
  })
  const engine = createEngine({
    target,
    adapters,
    database: connection.logicalDatabase,
    otherDatabases,
    trackingSchema: connection.trackingSchema,
    definitions,
    rowTransformer,
    identity,
    processes: systemProcesses,
    clock: systemClock,
    logger,
    random: systemRandom,
    health,
    limits: { reconnectMs: RECONNECT_MS },
  })
  const close = async (): Promise<void> => {
    await Promise.all([adapters, target, ...otherDatabases.values()].map((each) => each.close()))
  }
  return { engine, target: { ...target, close } }
}
