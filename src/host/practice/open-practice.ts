/** The practice database: a private server of our own, or the database that TRANCHE_PRACTICE_URL names; filled either way. */
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import pg from 'pg'
import type { Logger } from '../../engine/ports.ts'
import { openTarget } from '../../engine/target/open-target.ts'
import type { TargetParameters } from '../../engine/target/parameters.ts'
import { resolveTarget } from '../connection/resolve-target.ts'
import { type DatabasePlace, DEFAULT_TRACKING_SCHEMA, mainAt } from '../create-engine-host.ts'
import type { ServerConnection } from '../postgres/server-login.ts'
import { PRACTICE_SETTINGS } from '../postgres/server-settings.ts'
import { startServer } from '../postgres/start-server.ts'
import { isRunning, markOf } from '../system/process-mark.ts'
import { type FillOutcome, fillPractice, type FillRequest } from './fill-practice.ts'
import { toParameters } from './find-practice-target.ts'
import { DATA_FOLDERS } from './practice-data.ts'
import {
  practiceFolder,
  type PracticeState,
  readPracticeState,
  removePracticeState,
  writePracticeState,
} from './practice-state.ts'
import { type NamedPractice, namedPractice } from './practice-url.ts'
import { surround, type Surroundings } from './surroundings.ts'

const DATABASE = 'tranche_practice'
const CI_DATABASE = 'tranche_practice_ci'
const OWNER_PATIENCE_MS = 3_000

export const PRACTICE_CATALOGUE = fileURLToPath(new URL('../../../resources/practice', import.meta.url))

export interface PracticeRequest {
  readonly projectFolder: string
  readonly rows?: number
  /** Make trouble: rows that cannot be migrated, and a session that holds locks. undefined: as it was. */
  readonly withTrouble?: boolean
  readonly isReset: boolean
  readonly logger: Logger
  /** A step that ended: what, and how it went. */
  readonly onProgress: (message: string) => void
  readonly signal?: AbortSignal
}

export interface Practice {
  readonly parameters: TargetParameters
  /** The other logical databases, by name. */
  readonly others: ReadonlyMap<string, TargetParameters>
  readonly rows: number
  readonly isFilled: boolean
  readonly hasTrouble: boolean
  /** Whether this call started the server, or took over one whose owner is gone; another one is not ours to stop. */
  readonly isOurs: boolean
  /** Stops the server if it is ours, and what is around it. */
  close(): Promise<void>
}

/** Throws file_not_writable, server_binaries_missing, practice_foreign_database, and what resolving a target throws. */
export async function openPractice(request: PracticeRequest): Promise<Practice> {
  const named = namedPractice(process.env)
  return named === null ? openPrivate(request) : openNamed(request, named)
}

/** One database for all of it: ci is another name for main there. */
async function openNamed(request: PracticeRequest, named: NamedPractice): Promise<Practice> {
  const { parameters } = await resolveTarget({
    ...named,
    connection: null,
    environment: 'practice',
    isWriting: true,
    projectFolder: request.projectFolder,
    // Its password stands in a variable, not in the list of processes, and what is not ours is refused anyway.
    warn: () => undefined,
  })
  const outcome = await fillDatabase(parameters, { ...request, dataFolders: Object.values(DATA_FOLDERS) })
  const surroundings = await surround(parameters, {
    ...outcome,
    catalogueFolder: PRACTICE_CATALOGUE,
    logger: request.logger,
    service: 'own',
  })
  const others = new Map([['ci', parameters]])
  return { parameters, others, isOurs: false, ...outcome, close: () => surroundings.close() }
}

async function openPrivate(request: PracticeRequest): Promise<Practice> {
  const { projectFolder, onProgress, signal } = request
  const server = await startServer({
    folder: practiceFolder(projectFolder),
    settings: PRACTICE_SETTINGS,
    onProgress,
    ...(signal === undefined ? {} : { signal }),
  })
  const owned = server.wasRunning ? await findOwner(projectFolder, signal) : null
  const isOurs = owned === null
  let surroundings: Surroundings | null = null
  const close = async (): Promise<void> => {
    await surroundings?.close()
    if (!isOurs) return
    await removePracticeState(projectFolder)
    await server.stop()
  }
  try {
    const connection = { ...server.connection, database: DATABASE }
    const ci = { ...server.connection, database: CI_DATABASE }
    for (const { database } of [connection, ci]) await createDatabase(server.connection, database)
    const [running, owner] = [markOf(server.pid), markOf(process.pid)]
    const state = { server: running, owner, connection, others: { ci }, postcodeServiceUrl: null }
    if (isOurs) await writePracticeState(projectFolder, state)
    const parameters = toParameters(connection)
    const outcome = await fillDatabase(parameters, { ...request, dataFolders: [DATA_FOLDERS.main] })
    await fillDatabase(toParameters(ci), {
      ...request,
      rows: outcome.rows,
      isReset: outcome.isFilled,
      dataFolders: [DATA_FOLDERS.ci],
    })
    // Whoever has the server also has the service and the locks.
    surroundings = await surround(parameters, {
      ...outcome,
      catalogueFolder: PRACTICE_CATALOGUE,
      logger: request.logger,
      service: isOurs ? 'own' : { url: owned.postcodeServiceUrl },
    })
    if (isOurs) await writePracticeState(projectFolder, { ...state, postcodeServiceUrl: surroundings.serviceUrl })
    const others = new Map([['ci', toParameters(ci)]])
    return { parameters, others, isOurs, ...outcome, close }
  } catch (error) {
    await close()
    throw error
  }
}

/** null: nobody has the running server any more. One that was started a moment ago is not written down yet. */
async function findOwner(projectFolder: string, signal: AbortSignal | undefined): Promise<PracticeState | null> {
  const deadline = performance.now() + OWNER_PATIENCE_MS
  for (;;) {
    signal?.throwIfAborted()
    const state = await readPracticeState(projectFolder)
    if (state !== null) return isRunning(state.owner) ? state : null
    if (performance.now() > deadline) return null
    await sleep(50)
  }
}

async function createDatabase(connection: ServerConnection, name: string): Promise<void> {
  const client = new pg.Client({ ...connection, ssl: false, application_name: 'tranche practice' })
  await client.connect()
  try {
    const { rowCount } = await client.query('SELECT FROM pg_database WHERE datname = $1', [name])
    if (rowCount === 0) await client.query(`CREATE DATABASE ${pg.escapeIdentifier(name)}`)
  } finally {
    await client.end()
  }
}

type Filling = PracticeRequest & Pick<FillRequest, 'dataFolders'>

async function fillDatabase(parameters: TargetParameters, request: Filling): Promise<FillOutcome> {
  const target = openTarget(parameters, {
    applicationName: 'tranche practice',
    logger: request.logger,
    maxConnections: 2,
  })
  // An interrupted fill must not wait for its statement; the server rolls it back when the connection is gone.
  const stop = (): void => void target.close()
  request.signal?.addEventListener('abort', stop, { once: true })
  try {
    return await fillPractice(target, {
      ...request,
      catalogueFolder: PRACTICE_CATALOGUE,
      trackingSchema: DEFAULT_TRACKING_SCHEMA,
    })
  } finally {
    request.signal?.removeEventListener('abort', stop)
    if (request.signal?.aborted !== true) await target.close()
  }
}

/** All its logical databases, for a host to open. */
export function practiceDatabases({
  parameters,
  others,
}: Pick<Practice, 'parameters' | 'others'>): ReadonlyMap<string, DatabasePlace> {
  const places = [...others].map(([name, each]) => [name, { parameters: each }] as const)
  return new Map([...mainAt(parameters), ...places])
}

/** Where the report of a tour goes. */
export function reportFile(projectFolder: string): string {
  return join(projectFolder, 'practice-report.md')
}
