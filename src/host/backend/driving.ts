/** What this console drives: one run for each migration at most, and the scheduler of a connection. It goes on without any page. */
import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Engine } from '../../engine/engine.ts'
import { type AppError, toAppError, TrancheError } from '../../shared/errors.ts'
import type { RunView } from '../../shared/history-view.ts'
import { translateError } from '../translate-error.ts'
import type { BackendContext } from './backend-context.ts'
import { followRun } from './follow-run.ts'
import type { TargetSession } from './target-session.ts'

/** Heartbeat, journal, the next job's plan and a glance at the state beside the lanes. */
const BESIDE_LANES = 4
/** So long a refusal is waited for, so that it can be the answer to the call. */
const REFUSAL_MS = 5_000
const LAST_LOOK_MS = 2_000
/** Whoever reads "failed" on screen may retry and run at once, before the run that failed has closed its connections. */
const ENDING_MS = 2_000

export interface RunRequest {
  readonly runId: string
  readonly migrationId: string
  readonly kind: RunView['kind']
  readonly parallel: number
  /** This job alone, once. */
  readonly jobId?: string
  /** Ignores health; takes the place of this console's own run. */
  readonly isForced?: boolean
}

export interface Driving {
  /** Resolves once no run of this console drives the migration: one that is ending is waited for. Throws already_running. */
  untilFree(migrationId: string): Promise<void>
  isBusy(): boolean
  /** Starts a run; its refusal (paused, busy, drift) is thrown, everything later is told by events. Throws already_running. */
  start(request: Omit<RunRequest, 'runId' | 'kind'>): Promise<string>
  /** Runs `act` as this migration's one run, on an engine of its own. Throws already_running. */
  during<T>(request: RunRequest, act: (engine: Engine, signal: AbortSignal) => Promise<T>): Promise<T>
  /** Throws not_running. */
  stop(migrationId: string): void
  startSchedule(parallel: number): void
  stopSchedule(): void
  /** Stops everything and waits for it. */
  close(): Promise<void>
}

interface Run {
  readonly stop: AbortController
  readonly ended: Promise<unknown>
}

export function createDriving(context: BackendContext, session: TargetSession): Driving {
  const runs = new Map<string, Run>()
  let schedule: Run | null = null

  const untilFree: Driving['untilFree'] = async (migrationId) => {
    await Promise.race([runs.get(migrationId)?.ended, sleep(ENDING_MS, undefined, { ref: false })])
    if (runs.has(migrationId)) throw alreadyRunning(migrationId)
  }
  const during: Driving['during'] = async (request, act) => {
    const { migrationId, parallel } = request
    if (runs.has(migrationId)) throw alreadyRunning(migrationId)
    const stop = new AbortController()
    const ended = Promise.withResolvers<undefined>()
    runs.set(migrationId, { stop, ended: ended.promise })
    let tellEnd = (): void => undefined
    try {
      const installationId = session.reader.installationId
      if (installationId === null) throw notReadYet()
      const { jobClassName } = await session.engine().get(migrationId)
      const { engine, target } = session.openDriving(parallel + BESIDE_LANES)
      try {
        const following = followRun({ context, session, engine }, { ...request, jobClassName, installationId })
        tellEnd = following.tellEnd
        return await following.until(act(engine, stop.signal))
      } finally {
        await target.close()
      }
    } finally {
      // What it left behind is on screen before it is said to be over; a lost target does not hold that back for long.
      await Promise.race([session.readAgain(migrationId), sleep(LAST_LOOK_MS, undefined, { ref: false })])
      runs.delete(migrationId)
      // Only now: whoever reads that it ended may start the next one.
      tellEnd()
      ended.resolve(undefined)
    }
  }
  return {
    untilFree,
    isBusy: () => runs.size > 0 || schedule !== null,
    during,
    async start(request) {
      const { migrationId, parallel, jobId, isForced = false } = request
      if (isForced) {
        const before = runs.get(migrationId)
        before?.stop.abort()
        await before?.ended
      }
      await untilFree(migrationId)
      const runId = randomUUID()
      const started = Promise.withResolvers<undefined>()
      const run = during({ ...request, runId, kind: 'run' }, (engine, signal) => {
        engine.on('run:started', () => {
          started.resolve(undefined)
        })
        return engine.run(migrationId, { parallel, signal, force: isForced, ...(jobId === undefined ? {} : { jobId }) })
      })
      // What it says later is in its end; here only a refusal is heard.
      const refused = run.catch((error: unknown) => {
        started.reject(error)
      })
      await Promise.race([started.promise, refused, sleep(REFUSAL_MS, undefined, { ref: false })])
      return runId
    },
    stop(migrationId) {
      const run = runs.get(migrationId)
      if (run === undefined) throw notRunning(`this console does not run migration ${migrationId}`)
      const { views } = session.reader
      const live = views.doingsOf(migrationId).run
      if (live !== null) views.setRun(migrationId, { ...live, isStopping: true }, { isUrgent: true })
      run.stop.abort()
    },
    startSchedule(parallel) {
      if (schedule !== null) throw new TrancheError('already_running', 'the schedule of this connection is on')
      const stop = new AbortController()
      const { engine, target } = session.openDriving(2 * parallel + BESIDE_LANES)
      session.setSchedule({ kind: 'on', sinceMs: Date.now(), parallel, isStopping: false })
      for (const name of ['run:started', 'sub_batch:committed', 'job:succeeded', 'job:failed'] as const) {
        engine.on(name, ({ migrationId }) => {
          session.wake(migrationId)
        })
      }
      const ended = engine
        .work({ parallel, signal: stop.signal })
        .then(
          () => {
            session.setSchedule({ kind: 'off' })
          },
          (error: unknown) => {
            session.setSchedule({ kind: 'failed', atMs: Date.now(), error: told(error) })
          },
        )
        .finally(async () => {
          schedule = null
          await target.close()
        })
      schedule = { stop, ended }
    },
    stopSchedule() {
      if (schedule === null) throw notRunning('the schedule of this connection is off')
      const { schedule: view } = session.head()
      if (view.kind === 'on') session.setSchedule({ ...view, isStopping: true })
      schedule.stop.abort()
    },
    async close() {
      const all = [...runs.values(), ...(schedule === null ? [] : [schedule])]
      for (const { stop } of all) stop.abort()
      await Promise.all(all.map(({ ended }) => ended))
    },
  }
}

export function told(error: unknown): AppError {
  return toAppError(translateError(error))
}

function alreadyRunning(migrationId: string): TrancheError {
  return new TrancheError('already_running', `this console drives migration ${migrationId} already`, {
    remedy: 'Stop that run first, or let it go on.',
  })
}

function notRunning(message: string): TrancheError {
  return new TrancheError('not_running', message, {
    remedy: 'Another console may drive it: pausing works from every machine.',
  })
}

function notReadYet(): TrancheError {
  return new TrancheError('not_installed', 'no tracking schema was found in this database', {
    remedy: 'Install it first.',
  })
}
