/** The log: journal and transitions of the target, copied as they appear, and what only this console saw. */
import { randomUUID } from 'node:crypto'
import type { Engine } from '../../engine/engine.ts'
import type { LogCursor, LogPage } from '../../engine/tracking/read-log.ts'
import type { LogEntry, TransitionView } from '../../shared/history-view.ts'
import type { NewEntry } from '../../storage/events.ts'
import { type AttachedAction, recordAttached } from '../attached-journal.ts'
import type { BackendContext } from './backend-context.ts'

const PAGE = 500
const START: LogCursor = { eventId: '0', transitionId: '0' }

export interface LogFeed {
  /** Copies what is new. */
  follow(engine: Engine, installationId: number): Promise<void>
  /** What was done from here to rows of GitLab's own: kept under each connection that leads to them. */
  keep(installationId: number, action: AttachedAction): void
  /** Something that the target does not know, such as a connection that broke. */
  note(installationId: number, note: Pick<LogEntry, 'kind' | 'migrationId' | 'jobId' | 'details'>): void
}

export function createLogFeed({ storage, publisher, identity }: BackendContext, connectionId: string): LogFeed {
  const cursors = new Map<number, LogCursor>()

  const tell = (entries: readonly LogEntry[]): void => {
    for (const [migrationId, ofOne] of Map.groupBy(entries, (entry) => entry.migrationId)) {
      publisher.publish({ kind: 'log', connectionId, migrationId, entries: ofOne })
    }
  }
  return {
    async follow(engine, installationId) {
      for (;;) {
        const page = await engine.log(cursors.get(installationId) ?? START, PAGE)
        tell(
          storage.inTransaction(() => {
            for (const [migrationId, ofOne] of Map.groupBy(page.transitions, (each) => each.migrationId))
              storage.transitions.save(installationId, migrationId, ofOne.map(transitionOf))
            return storage.events.append(installationId, entriesOf(page))
          }),
        )
        cursors.set(installationId, page.next)
        if (!page.hasMore) return
      }
    },
    keep(installationId, action) {
      tell(recordAttached(storage, identity, action).get(installationId) ?? [])
    },
    note(installationId, note) {
      const { operator, host } = identity
      const entry: NewEntry = { ...note, origin: 'console', originId: randomUUID(), atMs: Date.now(), operator, host }
      tell(storage.events.append(installationId, [entry]))
    },
  }
}

type LoggedTransition = LogPage['transitions'][number]

function transitionOf({ id, at, jobId, ...transition }: LoggedTransition): TransitionView {
  const { previousStatus, nextStatus, exceptionClass, exceptionMessage } = transition
  return {
    transitionId: id,
    jobId,
    atMs: Date.parse(at),
    previousStatus,
    nextStatus,
    exceptionClass,
    exceptionMessage,
  }
}

const TRANSITION_KINDS = {
  pending: 'job_released',
  running: 'job_started',
  failed: 'job_failed',
  succeeded: 'job_succeeded',
} as const

/** In the order in which things happened, so that entries get their numbers in it. */
function entriesOf({ events, transitions }: LogPage): readonly NewEntry[] {
  const journal = events.map(({ id, at, ...event }): NewEntry => ({
    ...event,
    origin: 'journal',
    originId: id,
    atMs: Date.parse(at),
  }))
  const ofJobs = transitions.map((transition): NewEntry => ({
    origin: 'transition',
    originId: transition.id,
    atMs: Date.parse(transition.at),
    migrationId: transition.migrationId,
    jobId: transition.jobId,
    kind: TRANSITION_KINDS[transition.nextStatus],
    operator: null,
    host: null,
    details: {
      previousStatus: transition.previousStatus,
      exceptionClass: transition.exceptionClass,
      exceptionMessage: transition.exceptionMessage,
    },
  }))
  return [...journal, ...ofJobs].sort((a, b) => a.atMs - b.atMs)
}
