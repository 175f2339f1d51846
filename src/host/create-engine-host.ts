/** Engines for a host that runs in this process (command line, tour, tests): targets, catalogue and the system's ports, opened together. */
import type { Catalogue } from '../catalogue/catalogue.ts'
import { DEFAULT_DATABASE } from '../engine/context.ts'
import { createEngine, type Engine } from '../engine/engine.ts'
import type { DefinitionSource, Identity, Logger, RowTransformer } from '../engine/ports.ts'
import { openTarget, type Target } from '../engine/target/open-target.ts'
import type { TargetParameters } from '../engine/target/parameters.ts'
import { TrancheError } from '../shared/errors.ts'
import { createAdapters } from './adapters.ts'
import { type CatalogueHolder, createCatalogueHolder } from './catalogue-holder.ts'
import type { HealthSettings } from '../shared/health-settings.ts'
import { hideFromDriver } from './connection/read-environment.ts'
import { packageVersion } from './package-version.ts'
import { createRowPool } from './row-pool/row-pool.ts'
import { systemClock } from './system/clock.ts'
import { systemIdentity } from './system/identity.ts'
import { systemProcesses } from './system/process-table.ts'
import { systemRandom } from './system/random.ts'

export const DEFAULT_TRACKING_SCHEMA = 'tranche'

/** Where a logical database is. */
export interface DatabasePlace {
  readonly parameters: TargetParameters
  readonly connectTimeoutMs?: number
}

export interface EngineHostOptions {
  /** By logical name; at least one. Each gets an engine, whose definitions reach the others. */
  readonly databases: ReadonlyMap<string, DatabasePlace>
  /** null: no definitions; what needs one says so. */
  readonly catalogueFolder: string | null
  /** Of the catalogue's stepped migrations only this version (all). */
  readonly onlyStepped?: string
  readonly logger: Logger
  readonly trackingSchema?: string
  /** Jobs that will be driven at the same time (1); each takes a connection. */
  readonly parallel?: number
  /** Thresholds of the health indicators that differ from the defaults. */
  readonly health?: Partial<HealthSettings>
}

/** One logical database, with its engine. */
export interface OpenDatabase {
  readonly name: string
  readonly engine: Engine
  readonly target: Target
}

export interface EngineHost {
  /** In the order of the options. */
  readonly databases: readonly OpenDatabase[]
  /** The first of them. */
  readonly main: OpenDatabase
  readonly catalogue: Catalogue | null
  readonly operator: string
  /** Throws unknown_database. */
  readonly database: (name: string) => OpenDatabase
  /** Closes connections and catalogue. Nothing may be running then. */
  close(): Promise<void>
}

/** One database, under the name that definitions have without saying so. */
export function mainAt(parameters: TargetParameters): ReadonlyMap<string, DatabasePlace> {
  return new Map([[DEFAULT_DATABASE, { parameters }]])
}

/** Connects at first use. Throws catalogue_missing. */
export async function createEngineHost(options: EngineHostOptions): Promise<EngineHost> {
  const { databases: places, catalogueFolder } = options
  hideFromDriver(process.env)
  const identity = systemIdentity(packageVersion())
  const holder = catalogueFolder === null ? null : createCatalogueHolder(catalogueFolder)
  const catalogue = holder === null ? null : (await holder.get()).catalogue
  const rowTransformer = createRowPool()
  const definitions = definitionsOf(holder, options.onlyStepped)
  const opened = [...places.keys()].map((name) =>
    openDatabase(name, { ...options, identity, definitions, rowTransformer }),
  )
  const [main] = opened
  if (main === undefined) throw unknownDatabase(DEFAULT_DATABASE, [])
  return {
    databases: opened,
    main,
    catalogue,
    operator: identity.operator,
    database: (name) => {
      const found = opened.find((each) => each.name === name)
      if (found !== undefined) return found
      throw unknownDatabase(name, [...places.keys()])
    },
    async close() {
      holder?.close()
      await rowTransformer.close()
      await Promise.all(opened.map((each) => each.close()))
    },
  }
}

interface Opening extends EngineHostOptions {
  readonly identity: Identity
  readonly definitions: DefinitionSource
  readonly rowTransformer: RowTransformer
}

function openDatabase(name: string, opening: Opening): OpenDatabase & { readonly close: () => Promise<void> } {
  const {
    databases,
    logger,
    identity,
    definitions,
    rowTransformer,
    trackingSchema = DEFAULT_TRACKING_SCHEMA,
    parallel = 1,
    health = {},
  } = opening
  const open = ({ parameters, connectTimeoutMs }: DatabasePlace, maxConnections: number): Target =>
    openTarget(parameters, {
      applicationName: applicationName(identity.version, identity.operator),
      logger,
      maxConnections,
      ...(connectTimeoutMs === undefined ? {} : { connectTimeoutMs }),
    })
  const own = databases.get(name)
  if (own === undefined) throw unknownDatabase(name, [...databases.keys()])
  // Heartbeat, journal, health, the next job's plan and a glance at the state beside the lanes.
  const target = open(own, parallel + 5)
  // Connections apart from those of the other engine: lanes of two databases that wait for each other's would not end.
  const otherDatabases = new Map(
    [...databases].filter(([each]) => each !== name).map(([each, place]) => [each, open(place, parallel)]),
  )
  const adapters = createAdapters({
    applicationName: applicationName(identity.version, identity.operator),
    logger,
    env: process.env,
  })
  const engine = createEngine({
    target,
    adapters,
    database: name,
    otherDatabases,
    rowTransformer,
    trackingSchema,
    definitions,
    identity,
    processes: systemProcesses,
    clock: systemClock,
    logger,
    random: systemRandom,
    health,
  })
  const close = async (): Promise<void> => {
    await Promise.all([target, adapters, ...otherDatabases.values()].map((each) => each.close()))
  }
  return { name, engine, target, close }
}

function unknownDatabase(name: string, known: readonly string[]): TrancheError {
  return new TrancheError('unknown_database', `no target is known for the database "${name}"`, {
    remedy: `Map it: --database ${name}=postgres://user@host:port/database. Mapped: ${known.join(', ')}.`,
    details: { database: name, known },
  })
}

function definitionsOf(holder: CatalogueHolder | null, onlyStepped: string | undefined): DefinitionSource {
  if (holder === null) return { find: () => undefined, list: () => [] }
  if (onlyStepped === undefined) return holder
  return {
    find: (jobClassName) => holder.find(jobClassName),
    list: () => holder.list(),
    stepped: () => {
      const { migrations, broken } = holder.stepped?.() ?? { migrations: [], broken: [] }
      return {
        migrations: migrations.filter(({ definition }) => definition.version === onlyStepped),
        broken: broken.filter(({ version }) => version === onlyStepped),
      }
    },
  }
}

/** `tranche/0.1.0 anna`, cut to the 63 bytes that a server keeps, between characters. */
export function applicationName(version: string, operator: string): string {
  const bytes = new TextEncoder().encode(`tranche/${version} ${operator}`)
  return new TextDecoder().decode(bytes.subarray(0, 63), { stream: true })
}
