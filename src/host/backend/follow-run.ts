/** One run as this console tells it: live on screen, in its history, and what only it saw in the log. */
import type { Engine } from '../../engine/engine.ts'
import type { RunOutcome } from '../../engine/types.ts'
import type { LiveRun } from '../../shared/app-state.ts'
import type { RunView } from '../../shared/history-view.ts'
import { toAppError } from '../../shared/errors.ts'
import { translateError } from '../translate-error.ts'
import type { BackendContext } from './backend-context.ts'
import type { TargetSession } from './target-session.ts'

interface FollowedRun {
  readonly runId: string
  readonly migrationId: string
  readonly jobClassName: string
  readonly installationId: number
  readonly kind: RunView['kind']
  readonly parallel: number
}

interface Parts {
  readonly context: BackendContext
  readonly session: TargetSession
  readonly engine: Engine
}

export interface FollowingRun {
  /** Keeps the end in the history, and passes it on. */
  until<T>(ending: Promise<T>): Promise<T>
  /** Says on screen how it ended. */
  readonly tellEnd: () => void
}

export function followRun({ context, session, engine }: Parts, run: FollowedRun): FollowingRun {
  const { storage, identity } = context
  const { runId, migrationId, installationId, parallel } = run
  const { views, log } = session.reader
  const startedAtMs = Date.now()
  let live: LiveRun = {
    runId,
    startedAtMs,
    parallel,
    isStopping: false,
    progress: null,
    isInDoubt: false,
    end: null,
  }
  let outcome: RunOutcome | null = null
  const put = (change: Partial<LiveRun>, isUrgent = false): void => {
    const isStopping = views.doingsOf(migrationId).run?.isStopping === true && change.end === undefined
    live = { ...live, isStopping, ...change }
    views.setRun(migrationId, live, { isUrgent })
  }
  const note = (kind: string, jobId: string | null, details: Readonly<Record<string, unknown>>): void => {
    log.note(installationId, { kind, migrationId, jobId, details })
  }
  const { operator, host, pid, pidStart } = identity
  storage.runs.start({ ...run, operator, host, pid, pidStart, startedAtMs })
  views.setRun(migrationId, live, { isUrgent: true })

  engine.on('run:progress', ({ migrationId: _, ...progress }) => {
    const { jobsRun, rows } = progress
    storage.runs.count(runId, { jobsRun, scanned: rows.scanned, changed: rows.changed })
    put({ progress })
  })
  engine.on('run:ended', (ended) => {
    outcome = ended
  })
  engine.on('sub_batch:committed', () => {
    session.wake(migrationId)
  })
  for (const name of ['run:started', 'job:started', 'job:released', 'job:taken_over', 'migration:changed'] as const) {
    engine.on(name, () => {
      session.wake(migrationId)
    })
  }
  for (const name of ['job:succeeded', 'job:failed'] as const) {
    engine.on(name, () => {
      session.wake(migrationId, { isUrgent: true })
    })
  }
  let waitedFor: string | null = null
  engine.on('job:started', () => {
    waitedFor = null
  })
  engine.on('run:waiting', ({ reason, until }) => {
    // A hold is in the journal. Any other wait is told once, however its seconds count down.
    const what = reason.replaceAll(/\d+/g, '')
    if (until !== null || what === waitedFor) return
    waitedFor = what
    note('waiting', null, { reason, until: null })
  })
  engine.on('sub_batch:repeated', ({ jobId, sqlstate, repetition }) => {
    note('sub_batch_repeated', jobId, { sqlstate, repetition })
  })
  engine.on('connection:lost', ({ message }) => {
    note('connection_lost', null, { message })
    put({ isInDoubt: true }, true)
    session.wake(null, { isUrgent: true })
  })
  engine.on('connection:back', ({ jobId, outcome: resolution }) => {
    note('connection_back', jobId, { outcome: resolution })
    put({ isInDoubt: false }, true)
    session.wake(null, { isUrgent: true })
  })
  engine.on('definition:log', ({ jobId, level, message, fields }) => {
    note('definition_log', jobId, { level, message, fields })
  })

  let end: LiveRun['end'] = null
  return {
    tellEnd: () => {
      put({ end }, true)
    },
    async until(ending) {
      try {
        const value = await ending
        const atMs = Date.now()
        storage.runs.end(runId, { endedAtMs: atMs, reason: outcome?.reason ?? 'nothing_to_do', error: null })
        end = outcome === null ? null : { atMs, outcome }
        return value
      } catch (thrown) {
        const atMs = Date.now()
        const error = toAppError(translateError(thrown))
        storage.runs.end(runId, { endedAtMs: atMs, reason: outcome?.reason ?? null, error })
        note('run_failed', null, { code: error.code, message: error.message })
        end = { atMs, error }
        throw thrown
      }
    },
  }
}
