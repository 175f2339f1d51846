/** The practice database, started from the page; where it was started for this console before, it is adopted. */
import { TrancheError } from '../../shared/errors.ts'
import type { PracticeView } from '../../shared/app-state.ts'
import { openPractice, type Practice } from '../practice/open-practice.ts'
import { told } from './driving.ts'
import type { BackendContext } from './backend-context.ts'
import { PRACTICE_CONNECTION_ID, savePracticeConnections } from './practice-connections.ts'
import type { PracticePlaces } from './practice-finder.ts'
import { viewConnection } from './saved-connections.ts'

export interface PracticeDesk {
  /** Returns at once; progress and end are told by events. Throws already_running. */
  start(): void
  /** Says that it runs, since somebody started it before. */
  adopt(practice: PracticePlaces & Pick<Practice, 'rows'>): Promise<void>
  /** Stops what was started here. */
  close(): Promise<void>
}

interface DeskNeeds {
  readonly projectFolder: string
  readonly rows: number | null
  readonly know: (places: PracticePlaces) => void
}

export function createPracticeDesk(context: BackendContext, { projectFolder, rows, know }: DeskNeeds): PracticeDesk {
  const { publisher } = context
  const stop = new AbortController()
  let starting: Promise<void> | null = null
  let started: Practice | null = null
  const put = (practice: PracticeView): void => {
    publisher.publish({ kind: 'practice', practice }, { isUrgent: true })
  }
  const adopt: PracticeDesk['adopt'] = async ({ rows: filled, ...places }) => {
    know(places)
    const { saved, removed } = savePracticeConnections(context, places)
    for (const connectionId of removed) publisher.publish({ kind: 'connection', connectionId, connection: null })
    for (const each of saved) {
      const connection = await viewConnection(context, each)
      const { connectionId } = connection
      publisher.publish({ kind: 'connection', connectionId, connection }, { isUrgent: true })
    }
    put({ kind: 'running', connectionId: PRACTICE_CONNECTION_ID, rows: filled })
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
