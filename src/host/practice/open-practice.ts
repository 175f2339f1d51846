/** The practice database: a private server of our own, or the database that TRANCHE_PRACTICE_URL names; filled either way. */
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import pg from 'pg'
import type { Logger } from '../../engine/ports.ts'
import { openTarget } from '../../engine/target/open-target.ts'
import type { TargetParameters } from '../../engine/target/parameters.ts'
import { resolveTarget } from '../connection/resolve-target.ts'
import { DEFAULT_TRACKING_SCHEMA } from '../create-engine-host.ts'
import type { ServerConnection } from '../postgres/server-login.ts'
import { PRACTICE_SETTINGS } from '../postgres/server-settings.ts'
import { startServer } from '../postgres/start-server.ts'
import { fillPractice } from './fill-practice.ts'
import { toParameters } from './find-practice-target.ts'
import { namedPractice } from './practice-url.ts'
import { practiceFolder, removePracticeState, writePracticeState } from './practice-state.ts'

const DATABASE = 'tranche_practice'
/** The other logical databases of the practice catalogue, with the folder of their data. */
const OTHERS = { ci: '_data_ci' } as const

export const PRACTICE_CATALOGUE = fileURLToPath(new URL('../../../resources/practice', import.meta.url))

export interface PracticeRequest {
  readonly projectFolder: string
  readonly rows?: number
  readonly isReset: boolean
  readonly logger: Logger
  /** A step that ended: what, and how it went. */
  readonly onProgress: (message: string) => void
  readonly signal?: AbortSignal
}

export interface Practice {
  readonly parameters: TargetParameters
  readonly rows: number
  readonly isFilled: boolean
  /** Whether the server was there before us; then it is not ours to stop. */
  readonly wasRunning: boolean
  /** Stops the server that this call started. Does nothing to one that it found. */
  close(): Promise<void>
}

/** Throws file_not_writable, server_binaries_missing, practice_foreign_database, and what resolving a target throws. */
export async function openPractice(request: PracticeRequest): Promise<Practice> {
  const named = namedPractice(process.env)
  if (named !== null) {
    const { parameters } = await resolveTarget({
      ...named,
      connection: null,
      environment: 'practice',
      isWriting: true,
      projectFolder: request.projectFolder,
      // Its password stands in a variable, not in the list of processes, and what is not ours is refused anyway.
      warn: () => undefined,
    })
    return { parameters, wasRunning: true, ...(await filled(parameters, request)), close: () => Promise.resolve() }
  }
  return openPrivate(request)
}

async function openPrivate(request: PracticeRequest): Promise<Practice> {
  const { projectFolder, onProgress, signal } = request
  const server = await startServer({
    folder: practiceFolder(projectFolder),
    settings: PRACTICE_SETTINGS,
    onProgress,
    ...(signal === undefined ? {} : { signal }),
  })
  const close = async (): Promise<void> => {
    if (server.wasRunning) return
    await removePracticeState(projectFolder)
    await server.stop()
  }
  try {
    const connection = { ...server.connection, database: DATABASE }
    await createDatabase(server.connection, DATABASE)
    const others: Record<string, ServerConnection> = {}
    for (const [name, dataFolder] of Object.entries(OTHERS)) {
      const other = { ...server.connection, database: `${DATABASE}_${name}` }
      await createDatabase(server.connection, other.database)
      await filled(toParameters(other), request, dataFolder)
      others[name] = other
    }
    await writePracticeState(projectFolder, { pid: server.pid, connection, others })
    const parameters = toParameters(connection)
    return { parameters, wasRunning: server.wasRunning, ...(await filled(parameters, request)), close }
  } catch (error) {
    await close()
    throw error
  }
}

async function createDatabase(connection: ServerConnection, database: string): Promise<void> {
  const client = new pg.Client({ ...connection, ssl: false, application_name: 'tranche practice' })
  await client.connect()
  try {
    const { rowCount } = await client.query('SELECT FROM pg_database WHERE datname = $1', [database])
    if (rowCount === 0) await client.query(`CREATE DATABASE ${pg.escapeIdentifier(database)}`)
  } finally {
    await client.end()
  }
}

async function filled(
  parameters: TargetParameters,
  request: PracticeRequest,
  dataFolder?: string,
): Promise<{ rows: number; isFilled: boolean }> {
  const target = openTarget(parameters, {
    applicationName: 'tranche practice',
    logger: request.logger,
    maxConnections: 1,
  })
  // An interrupted fill must not wait for its statement; the server rolls it back when the connection is gone.
  const stop = (): void => void target.close()
  request.signal?.addEventListener('abort', stop, { once: true })
  try {
    return await fillPractice(target, {
      catalogueFolder: PRACTICE_CATALOGUE,
      ...(dataFolder === undefined ? {} : { dataFolder }),
      trackingSchema: DEFAULT_TRACKING_SCHEMA,
      isReset: request.isReset,
      onProgress: request.onProgress,
      ...(request.rows === undefined ? {} : { rows: request.rows }),
      ...(request.signal === undefined ? {} : { signal: request.signal }),
    })
  } finally {
    request.signal?.removeEventListener('abort', stop)
    if (request.signal?.aborted !== true) await target.close()
  }
}

/** Where the report of a tour goes. */
export function reportFile(projectFolder: string): string {
  return join(projectFolder, 'practice-report.md')
}
