/** An engine over a database of the test's own: real PostgreSQL, real time; definitions are given, not loaded. */
import { onTestFinished } from 'vitest'
import type { BatchedMigrationDefinition } from '../../src/catalogue/definition.ts'
import { createEngine, type Engine, type EnginePorts } from '../../src/engine/engine.ts'
import type { EngineEvents, EventName } from '../../src/engine/events.ts'
import type { ServerConnection } from '../../src/host/postgres/server-login.ts'
import { openTarget, type Target } from '../../src/engine/target/open-target.ts'
import { silentLogger, sourceOf, testPorts } from './engine-ports.ts'
import { templateDatabase } from './template-database.ts'
import { createTestDatabase, type TestDatabase } from './test-database.ts'

export interface Bundle {
  readonly database: TestDatabase
  readonly engine: Engine
  /** One more engine on the same database, with its own connections: another console. */
  readonly another: (ports?: Partial<EnginePorts>) => Engine
  readonly query: TestDatabase['query']
  /** Every event of the engine, in order. */
  readonly heard: readonly HeardEvent[]
  /** Resolves with the next event of that name for which `matches` holds. */
  readonly until: <Name extends EventName>(
    name: Name,
    matches?: (event: EngineEvents[Name]) => boolean,
  ) => Promise<EngineEvents[Name]>
}

export interface HeardEvent {
  readonly name: EventName
  readonly event: unknown
}

export interface SetupOptions {
  readonly definitions?: readonly BatchedMigrationDefinition[]
  /** SQL that makes the tables and rows. */
  readonly schema?: string
  readonly ports?: Partial<EnginePorts>
  readonly isInstalled?: boolean
  /** Another server than that of the run. */
  readonly server?: ServerConnection
}

const EVENT_NAMES: readonly EventName[] = [
  'migration:queued',
  'migration:changed',
  'migration:removed',
  'migration:set',
  'optimizer:decided',
  'health:evaluated',
  'hold:began',
  'hold:ended',
  'run:started',
  'run:progress',
  'run:waiting',
  'run:ended',
  'job:planned',
  'job:started',
  'job:succeeded',
  'job:failed',
  'job:shrunk',
  'job:split',
  'job:released',
  'job:taken_over',
  'job:retried',
  'sub_batch:committed',
  'sub_batch:repeated',
  'connection:lost',
  'connection:back',
  'check:finished',
  'verification:finished',
  'finalize:after',
  'definition:log',
]

/** Call it in each test; what it opened is closed and dropped when the test is over, and leaks fail the test. */
export async function setup(options: SetupOptions = {}): Promise<Bundle> {
  const { isInstalled = true, server, ports: given = {} } = options
  const isCopy = isInstalled && server === undefined && given.trackingSchema === undefined
  const database = await createTestDatabase(isCopy ? await installed() : 'template0', server)
  const targets: Target[] = []
  onTestFinished(async () => {
    await Promise.all(targets.map((target) => target.close()))
    await database.drop()
  })
  // The role's name is that of the tracking schema, which its search_path would lead to first.
  if (options.schema !== undefined)
    await database.query(`SET search_path = public; ${options.schema}; RESET search_path`)
  const definitions = sourceOf(options.definitions ?? [])
  const another = (ports: Partial<EnginePorts> = {}): Engine => {
    const target = ports.target ?? openTestTarget(database)
    targets.push(target)
    return createEngine({ ...testPorts(target), definitions, ...options.ports, ...ports })
  }
  const engine = another()
  const heard = listen(engine)
  if (isInstalled && !isCopy) await engine.install()
  return { database, engine, another, query: database.query, heard, until: waiter(engine) }
}

/** With the tracking schema and nothing else: installing it for each test would take longer than most of them. */
async function installed(): Promise<string> {
  return templateDatabase('installed', async (database) => {
    const target = openTestTarget(database)
    await createEngine({ ...testPorts(target), definitions: sourceOf([]) }).install()
    await target.close()
  })
}

/** A target for a test's database, on connections of its own. */
export function openTestTarget({ connection }: TestDatabase, applicationName = 'tranche test'): Target {
  const { host, port, user, password, database } = connection
  return openTarget(
    { host, port, user, database, password: () => Promise.resolve(password), tls: false },
    { applicationName, logger: silentLogger },
  )
}

function listen(engine: Engine): HeardEvent[] {
  const heard: HeardEvent[] = []
  for (const name of EVENT_NAMES) {
    engine.on(name, (event) => {
      heard.push({ name, event })
    })
  }
  return heard
}

function waiter(engine: Engine): Bundle['until'] {
  return async (name, matches = () => true) =>
    new Promise((resolve) => {
      const off = engine.on(name, (event) => {
        if (!matches(event)) return
        off()
        resolve(event)
      })
    })
}
