/** This console's worker of stepped migrations on one connection. It goes on without any page. */
import { toAppError, TrancheError } from '../../shared/errors.ts'
import type { SteppedRunValue } from '../../shared/stepped-view.ts'
import { translateError } from '../translate-error.ts'
import type { TargetSession } from './target-session.ts'

/** Its turns, their heartbeat, and an adapter that is the target itself. */
const CONNECTIONS = 4

export interface SteppedDesk {
  isWorking(): boolean
  /** Works until it is stopped, or to the end of what can be done now. Throws already_running, and why there is no connection. */
  start(options: { readonly toEnd: boolean }): void
  /** The operation in hand ends at its next step. Throws not_running. */
  stop(): void
  /** Stops and waits. */
  close(): Promise<void>
}

interface Work {
  readonly stop: AbortController
  readonly ended: Promise<void>
}

export function createSteppedDesk(session: TargetSession): SteppedDesk {
  let work: Work | null = null
  const stop = (): void => {
    const { worker } = session.head().stepped
    if (worker.kind === 'on') session.setSteppedWork({ ...worker, isStopping: true })
    work?.stop.abort()
  }
  return {
    isWorking: () => work !== null,
    start({ toEnd }) {
      if (work !== null) throw new TrancheError('already_running', 'this console works on them already', {})
      const opened = session.openDriving(CONNECTIONS)
      const stopping = new AbortController()
      const sinceMs = Date.now()
      let lastRun: SteppedRunValue | null = null
      session.setSteppedWork({ kind: 'on', sinceMs, isStopping: false, lastRun, nextTurnAtMs: null })
      const ended = opened.engine.stepped
        .work({
          toEnd,
          signal: stopping.signal,
          onTurn: (run, waitMs) => {
            lastRun = run
            const isStopping = stopping.signal.aborted
            const nextTurnAtMs = waitMs === 0 ? null : Date.now() + waitMs
            session.setSteppedWork({ kind: 'on', sinceMs, isStopping, lastRun, nextTurnAtMs })
            session.wake(null, { isUrgent: true })
          },
        })
        .then(
          () => {
            session.setSteppedWork({ kind: 'off', lastRun })
          },
          (error: unknown) => {
            session.setSteppedWork({ kind: 'failed', atMs: Date.now(), error: toAppError(translateError(error)) })
          },
        )
        .finally(() => {
          work = null
          session.wake(null, { isUrgent: true })
          return opened.target.close()
        })
      work = { stop: stopping, ended }
    },
    stop() {
      if (work === null) throw new TrancheError('not_running', 'this console does not work on them', {})
      stop()
    },
    async close() {
      if (work === null) return
      const { ended } = work
      stop()
      await ended
    },
  }
}
