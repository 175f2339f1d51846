/** An engine for a host that runs in this process (command line, tour, tests): target, catalogue and the system's ports, opened together. */
import type { Catalogue } from '../catalogue/catalogue.ts'
import { openCatalogue } from '../catalogue/loader.ts'
import { createEngine, type Engine } from '../engine/engine.ts'
import type { DefinitionSource, Logger } from '../engine/ports.ts'
import { openTarget, type Target } from '../engine/target/open-target.ts'
import type { TargetParameters } from '../engine/target/parameters.ts'
import { hideFromDriver } from './connection/read-environment.ts'
import { packageVersion } from './package-version.ts'
import { systemClock } from './system/clock.ts'
import { systemIdentity } from './system/identity.ts'
import { systemProcesses } from './system/process-table.ts'
import { systemRandom } from './system/random.ts'

export const DEFAULT_TRACKING_SCHEMA = 'tranche'

export interface EngineHostOptions {
  readonly parameters: TargetParameters
  /** null: no definitions; what needs one says so. */
  readonly catalogueFolder: string | null
  readonly logger: Logger
  readonly trackingSchema?: string
  readonly connectTimeoutMs?: number
  /** Jobs that will be driven at the same time (1); each takes a connection. */
  readonly parallel?: number
}

export interface EngineHost {
  readonly engine: Engine
  readonly target: Target
  readonly catalogue: Catalogue | null
  readonly operator: string
  /** Closes connections and catalogue. Nothing may be running then. */
  close(): Promise<void>
}

/** Connects at first use. Throws catalogue_missing. */
export async function createEngineHost(options: EngineHostOptions): Promise<EngineHost> {
  const { parameters, catalogueFolder, logger, trackingSchema = DEFAULT_TRACKING_SCHEMA, parallel = 1 } = options
  hideFromDriver(process.env)
  const identity = systemIdentity(packageVersion())
  const catalogue = catalogueFolder === null ? null : await openCatalogue(catalogueFolder)
  const target = openTarget(parameters, {
    applicationName: applicationName(identity.version, identity.operator),
    logger,
    // Heartbeat, journal and a glance at the state beside the lanes.
    maxConnections: parallel + 3,
    ...(options.connectTimeoutMs === undefined ? {} : { connectTimeoutMs: options.connectTimeoutMs }),
  })
  const engine = createEngine({
    target,
    trackingSchema,
    definitions: catalogue ?? NO_DEFINITIONS,
    identity,
    processes: systemProcesses,
    clock: systemClock,
    logger,
    random: systemRandom,
  })
  return {
    engine,
    target,
    catalogue,
    operator: identity.operator,
    async close() {
      catalogue?.close()
      await target.close()
    },
  }
}

const NO_DEFINITIONS: DefinitionSource = { find: () => undefined, list: () => [] }

/** `tranche/0.1.0 anna`, cut to the 63 bytes that a server keeps, between characters. */
export function applicationName(version: string, operator: string): string {
  const bytes = new TextEncoder().encode(`tranche/${version} ${operator}`)
  return new TextDecoder().decode(bytes.subarray(0, 63), { stream: true })
}
