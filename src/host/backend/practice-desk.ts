/** The practice database, started from the page; where it was started for this console before, it is adopted. */
import type { TargetParameters } from '../../engine/target/parameters.ts'
import { TrancheError } from '../../shared/errors.ts'
import type { PracticeView } from '../../shared/app-state.ts'
import type { StoredConnection } from '../../storage/connections.ts'
import { findPracticeTarget } from '../practice/find-practice-target.ts'
import { openPractice, type Practice, PRACTICE_CATALOGUE } from '../practice/open-practice.ts'
import { told } from './driving.ts'
import type { BackendContext } from './backend-context.ts'
import { PRACTICE_CONNECTION_ID, viewConnection } from './saved-connections.ts'

export interface PracticeDesk {
  /** Returns at once; progress and end are told by events. Throws already_running. */
  start(): void
  /** Says that it runs, since somebody started it before. */
  adopt(practice: Pick<Practice, 'parameters' | 'rows'>): Promise<void>
  /** Stops what was started here. */
  close(): Promise<void>
}

/** Where the practice database is, for a backend that has not started it itself. */
export function createPracticeFinder(projectFolder: string): {
  readonly find: () => Promise<TargetParameters | null>
  readonly know: (parameters: TargetParameters) => void
} {
  let known: TargetParameters | null = null
  return {
    find: async () => known ?? (await findPracticeTarget(projectFolder)),
    know(parameters) {
      known = parameters
    },
  }
}

interface DeskNeeds {
  readonly projectFolder: string
  readonly rows: number | null
  readonly know: (parameters: TargetParameters) => void
}

export function createPracticeDesk(context: BackendContext, { projectFolder, rows, know }: DeskNeeds): PracticeDesk {
  const stop = new AbortController()
  let starting: Promise<void> | null = null
  let started: Practice | null = null
  const put = (practice: PracticeView): void => {
    context.publisher.publish({ kind: 'practice', practice }, { isUrgent: true })
  }
  const adopt: PracticeDesk['adopt'] = async ({ parameters, rows: filled }) => {
    know(parameters)
    const connection = saveConnection(context, parameters)
    const view = await viewConnection(context, connection)
    context.publisher.publish(
      { kind: 'connection', connectionId: connection.connectionId, connection: view },
      { isUrgent: true },
    )
    put({ kind: 'running', connectionId: connection.connectionId, rows: filled })
  }
  const start = async (): Promise<void> => {
    const sinceMs = Date.now()
    const steps: string[] = []
    put({ kind: 'starting', sinceMs, steps })
    try {
      started = await openPractice({
        projectFolder,
        isReset: false,
        logger: context.logger,
        onProgress: (message) => {
          steps.push(message)
          put({ kind: 'starting', sinceMs, steps: [...steps] })
        },
        signal: stop.signal,
        ...(rows === null ? {} : { rows }),
      })
      await adopt(started)
    } catch (error) {
      put({ kind: 'failed', error: told(error) })
    }
  }
  return {
    start() {
      if (starting !== null) {
        throw new TrancheError('already_running', 'the practice database is being started', {
          remedy: 'Wait for it: its steps are shown.',
        })
      }
      starting = start().finally(() => {
        starting = null
      })
    },
    adopt,
    async close() {
      stop.abort(new Error('the console ends'))
      await starting
      await started?.close()
    },
  }
}

/** Its port may be another one each time; the password stays in memory. */
function saveConnection({ storage }: BackendContext, parameters: TargetParameters): StoredConnection {
  const before = storage.connections.find(PRACTICE_CONNECTION_ID)
  const { host, port, database, user } = parameters
  const connection: StoredConnection = {
    connectionId: PRACTICE_CONNECTION_ID,
    name: before?.name ?? 'Practice',
    environment: 'practice',
    settings: { host, port: String(port), dbname: database, user },
    catalogueFolder: PRACTICE_CATALOGUE,
    trackingSchema: 'tranche',
    isPractice: true,
    createdAtMs: before?.createdAtMs ?? Date.now(),
    lastOpenedAtMs: before?.lastOpenedAtMs ?? null,
  }
  storage.connections.save(connection)
  return connection
}
