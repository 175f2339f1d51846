/** The console's backend: engine, catalogue and storage composed behind the contract. Its hosts differ in transport only. */
import type { AppEvent } from '../shared/app-event.ts'
import { createServer } from '../shared/contract.ts'
import type { Logger } from '../engine/ports.ts'
import type { Handlers } from '../shared/contract.ts'
import type { Server } from '../shared/rpc.ts'
import { dataFolder } from '../storage/data-folder.ts'
import { openStorage } from '../storage/open.ts'
import type { BackendContext } from './backend/backend-context.ts'
import { appCalls, readSettings } from './backend/calls/app-calls.ts'
import type { CallParts } from './backend/calls/call-context.ts'
import { catalogueCalls } from './backend/calls/catalogue-calls.ts'
import { connectionCalls } from './backend/calls/connection-calls.ts'
import { historyCalls } from './backend/calls/history-calls.ts'
import { migrationCalls } from './backend/calls/migration-calls.ts'
import { proofCalls } from './backend/calls/proof-calls.ts'
import { queueCalls } from './backend/calls/queue-calls.ts'
import { steppedCalls } from './backend/calls/stepped-calls.ts'
import { consoleLogFile, createConsoleLog, logFailedCall, logLinks } from './backend/console-log.ts'
import { createDesks } from './backend/desks.ts'
import { type Keychain, openKeptSecrets } from './backend/kept-secrets.ts'
import { createPracticeDesk } from './backend/practice-desk.ts'
import { createPracticeFinder, type PracticePlaces } from './backend/practice-finder.ts'
import { createPublisher } from './backend/publisher.ts'
import { purgeAtStart } from './backend/purge-history.ts'
import { viewConnection } from './backend/saved-connections.ts'
import { createMemorySecrets } from './backend/secrets.ts'
import { createTickets } from './backend/tickets.ts'
import { hideFromDriver } from './connection/read-environment.ts'
import type { Environ } from './connection/read-service.ts'
import { packageVersion } from './package-version.ts'
import type { Practice } from './practice/open-practice.ts'
import { createRowPool } from './row-pool/row-pool.ts'
import { systemIdentity } from './system/identity.ts'

export interface BackendOptions {
  readonly logger: Logger
  /** The checkout, or the folder in which the practice server keeps its files. */
  readonly projectFolder: string
  /** Where console.db lives (the platform's folder, or TRANCHE_HOME). */
  readonly folder?: string
  readonly env?: Environ
  /** Of the system, where the host can reach it; without it passwords end with the console. */
  readonly keychain?: Keychain
  /** One that runs already; it is listed, and left running. */
  readonly practice?: PracticePlaces & Pick<Practice, 'rows'>
  /** Rows of each big practice table, where it is started from here. */
  readonly practiceRows?: number
}

export interface Backend {
  readonly serve: Server
  subscribe(listener: (event: AppEvent) => void): () => void
  /** A page, a socket or a port is gone: what belonged to it ends; runs go on. */
  clientGone(clientId: string): void
  /** Stops everything that this console drives, then closes connections and files. */
  close(): Promise<void>
}

/** Throws storage_unavailable, storage_newer, storage_damaged. */
export async function createBackend(options: BackendOptions): Promise<Backend> {
  const { projectFolder, env = process.env } = options
  hideFromDriver(process.env)
  const folder = options.folder ?? dataFolder(env)
  const logger = createConsoleLog(folder, options.logger, env.TRANCHE_DEBUG === '1')
  const storage = await openStorage(folder, {
    warn: (message) => {
      logger.log('warn', 'storage', { message })
    },
  })
  const settings = readSettings({ storage })
  purgeAtStart({ storage, logger }, settings)
  const identity = systemIdentity(packageVersion())
  const { version, operator, host } = identity
  logger.log('info', 'the console started', { version, node: process.version, platform: process.platform })
  const publisher = createPublisher({
    app: { version, operator, host, dataFolder: storage.folder, logFile: consoleLogFile(folder) },
    settings,
    practice: { kind: 'stopped' },
    connections: {},
    targets: {},
  })
  const finder = createPracticeFinder(projectFolder)
  const { keychain } = options
  const secrets =
    keychain === undefined
      ? createMemorySecrets()
      : await openKeptSecrets({ storage, keychain, isKept: settings.keepsPasswords, logger })
  const rowTransformer = createRowPool()
  const context: BackendContext = {
    rowTransformer,
    storage,
    publisher,
    secrets,
    logger,
    identity,
    env,
    findPractice: finder.find,
  }
  const practice = createPracticeDesk(context, { projectFolder, rows: options.practiceRows ?? null, know: finder.know })
  const desks = createDesks(context)
  for (const connection of storage.connections.list()) {
    const view = await viewConnection(context, connection)
    publisher.publish({ kind: 'connection', connectionId: connection.connectionId, connection: view })
  }
  publisher.subscribe(logLinks(logger))
  if (options.practice !== undefined) await practice.adopt(options.practice)
  return {
    serve: createServer(handlersOf({ context, desks, practice, tickets: createTickets() }), (method, error) => {
      logFailedCall(logger, method, error)
    }),
    subscribe: (listener) => publisher.subscribe(listener),
    clientGone: (clientId) => {
      desks.clientGone(clientId)
    },
    async close() {
      await desks.closeAll()
      await rowTransformer.close()
      await practice.close()
      publisher.close()
      await secrets.close()
      storage.close()
      logger.log('info', 'the console ended')
    },
  }
}

function handlersOf(parts: CallParts): Handlers {
  return {
    ...appCalls(parts),
    ...connectionCalls(parts),
    ...catalogueCalls(parts),
    ...queueCalls(parts),
    ...migrationCalls(parts),
    ...steppedCalls(parts),
    ...proofCalls(parts),
    ...historyCalls(parts),
  } satisfies Handlers
}
