/** An engine on connections of its own: what a run does must not wait for what a page reads, nor the other way round. */
import { createEngine, type Engine } from '../../engine/engine.ts'
import type { DefinitionSource } from '../../engine/ports.ts'
import { openTarget, type Target } from '../../engine/target/open-target.ts'
import type { HealthSettings } from '../../shared/health-settings.ts'
import { createAdapters } from '../adapters.ts'
import { applicationName } from '../create-engine-host.ts'
import { systemClock } from '../system/clock.ts'
import { systemProcesses } from '../system/process-table.ts'
import { systemRandom } from '../system/random.ts'
import type { BackendContext } from './backend-context.ts'
import type { ResolvedConnection } from './resolve-connection.ts'

export interface OpenedEngine {
  readonly engine: Engine
  readonly target: Target
}

export interface EngineNeeds {
  readonly resolved: ResolvedConnection
  readonly definitions: DefinitionSource
  readonly trackingSchema: string
  readonly maxConnections: number
  /** Thresholds as they are now; asked each time. */
  readonly health: () => HealthSettings
}

/** A console's run outlives the failures of an evening; whoever does not want to wait stops it. */
const RECONNECT_MS = 12 * 60 * 60 * 1000

export function openEngine(
  { identity, logger, rowTransformer, env }: BackendContext,
  needs: EngineNeeds,
): OpenedEngine {
  const { resolved, definitions, trackingSchema, maxConnections, health } = needs
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
    trackingSchema,
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
    await Promise.all([adapters.close(), target.close()])
  }
  return { engine, target: { ...target, close } }
}
