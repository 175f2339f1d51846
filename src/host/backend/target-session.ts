/**
 * An open connection: reads its target again and again, says when it is lost, and comes back by itself. Readings follow
 * one another, so an older one can never overwrite a newer one.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import type { Engine } from '../../engine/engine.ts'
import type { TargetHead, ScheduleView } from '../../shared/app-state.ts'
import type { Link } from '../../shared/connection-view.ts'
import { toAppError, TrancheError } from '../../shared/errors.ts'
import type { HealthSettings } from '../../shared/health-settings.ts'
import type { SteppedListValue, SteppedWorkView } from '../../shared/stepped-view.ts'
import type { StoredConnection } from '../../storage/connections.ts'
import { translateError } from '../translate-error.ts'
import type { BackendContext } from './backend-context.ts'
import type { CatalogueHolder } from '../catalogue-holder.ts'
import { healthOf } from './connection-health.ts'
import { type OpenedEngine, openEngine } from './driving-engine.ts'
import { type ResolvedConnection, resolveConnection } from './resolve-connection.ts'
import { createTargetReader, type TargetReader } from './target-reader.ts'

const IDLE_MS = 3_000
const WATCHED_MS = 1_000
/** Between two readings of a migration that this console drives. */
const DRIVEN_MS = 250
/** Even what is urgent is read at most so often: small jobs end twenty times a second. */
const URGENT_MS = 100
const RETRY_MS = [1_000, 2_000, 4_000, 8_000, 15_000] as const
const READING_CONNECTIONS = 3
/** What no waiting mends: the operator has to change something. */
const REFUSALS = new Set([
  ...['target_refused_login', 'database_missing', 'target_too_old', 'invalid_target', 'practice_not_running'],
  'invalid_setting', // a mapping that may no longer be
  'password_command_failed', // it may ask a person each time
])

export interface TargetSession {
  readonly connection: StoredConnection
  readonly reader: TargetReader
  readonly catalogue: CatalogueHolder
  head(): TargetHead
  /** The database's name, as the phrase of production says it. Throws as `engine` does. */
  database(): string
  /** For reads and quick writes. Throws what the link says while there is none. */
  engine(): Engine
  /** One on connections of its own, for something long. Closed by whoever asked. */
  openDriving(maxConnections: number): OpenedEngine
  /** Resolves when the first answer has come, good or bad. */
  ready(): Promise<void>
  /** Reads soon; at once when urgent (a job ended, somebody did something). null: everything. */
  wake(migrationId: string | null, options?: { readonly isUrgent?: boolean }): void
  /** Reads one migration at once; resolves when a reading that began after this call has ended, good or bad. */
  readAgain(migrationId: string): Promise<void>
  /** Whose jobs are read and sent along. */
  setWatched(migrationIds: ReadonlySet<string>): void
  setSchedule(schedule: ScheduleView): void
  setSteppedWork(worker: SteppedWorkView): void
  close(): Promise<void>
}

export function openTargetSession(
  context: BackendContext,
  connection: StoredConnection,
  catalogue: CatalogueHolder,
): TargetSession {
  const { connectionId } = connection
  const reader = createTargetReader(context, connectionId)
  const health = (): HealthSettings => healthOf(context, connectionId)
  const ended = new AbortController()
  const first = Promise.withResolvers<undefined>()
  const now = Date.now()
  let head: TargetHead = {
    connectionId,
    link: { kind: 'connecting', sinceMs: now },
    server: null,
    isInstalled: null,
    isAttached: false,
    problem: null,
    readAtMs: null,
    schedule: { kind: 'off' },
    stepped: { list: null, worker: { kind: 'off', lastRun: null } },
  }
  let resolved: ResolvedConnection | null = null
  let opened: OpenedEngine | null = null
  let watched: ReadonlySet<string> = new Set()
  let due = { all: true, some: new Set<string>(), isUrgent: false }
  let wakeUp = Promise.withResolvers<undefined>()
  let awaiting: (() => void)[] = []
  let readAllAtMs = -Infinity
  let soonAtMs = 0
  let soonTimer: NodeJS.Timeout | null = null

  const put = (change: Partial<TargetHead>, isUrgent = false): void => {
    head = { ...head, ...change }
    context.publisher.publish({ kind: 'target', connectionId, target: head }, { isUrgent })
  }
  const connect = async (): Promise<OpenedEngine> => {
    if (opened !== null) return opened
    resolved = await resolveConnection(context, connection)
    const opening = openEngine(context, {
      resolved,
      definitions: catalogue,
      connection,
      maxConnections: READING_CONNECTIONS,
      health,
    })
    try {
      const { version, role, isStandby, isReadOnly, isPooled } = await opening.engine.facts()
      head = { ...head, server: { version, role, isStandby, isReadOnly, isPooled } }
    } catch (error) {
      await opening.target.close()
      throw error
    }
    opened = opening
    return opening
  }
  const read = async (): Promise<void> => {
    const { engine } = await connect()
    const { all, some, isUrgent } = due
    due = { all: false, some: new Set(), isUrgent: false }
    if (all || performance.now() - readAllAtMs >= allMs()) {
      const answer = await reader.readAll(engine, watched)
      const list = answer.isInstalled === true && !answer.isAttached ? await listStepped(engine) : null
      readAllAtMs = performance.now()
      const link: Link = head.link.kind === 'connected' ? head.link : { kind: 'connected', sinceMs: Date.now() }
      put({ ...answer, stepped: { ...head.stepped, list }, link, readAtMs: Date.now() }, head.link.kind !== 'connected')
    }
    if (some.size > 0) await reader.readSome(engine, some, { isUrgent })
  }
  const allMs = (): number => (watched.size > 0 ? WATCHED_MS : IDLE_MS)
  const lose = async (thrown: unknown): Promise<number> => {
    const before = head.link
    const error = toAppError(translateError(thrown))
    const broken = opened
    // The same name may lead to another server afterwards: everything is asked anew.
    opened = null
    // What was urgent had its try: the next one has its own time.
    due = { ...due, all: true, isUrgent: false }
    await broken?.target.close().catch(() => undefined)
    if (REFUSALS.has(error.code)) {
      put({ link: { kind: 'refused', sinceMs: before.sinceMs, error } }, true)
      return Infinity
    }
    const tries = before.kind === 'lost' ? before.tries + 1 : 1
    const wait = RETRY_MS[Math.min(tries, RETRY_MS.length) - 1] ?? IDLE_MS
    const sinceMs = before.kind === 'lost' ? before.sinceMs : Date.now()
    put({ link: { kind: 'lost', sinceMs, message: error.message, tries, nextTryAtMs: Date.now() + wait } }, true)
    return wait
  }
  const loop = async (): Promise<void> => {
    while (!ended.signal.aborted) {
      const asked = awaiting
      awaiting = []
      const wait = await turn()
      for (const resolve of asked) resolve()
      first.resolve(undefined)
      wakeUp = Promise.withResolvers()
      if (!due.isUrgent) await pause(wait)
      // Rejects when the session ends: then the loop does too.
      await sleep(URGENT_MS, undefined, { signal: ended.signal }).catch(() => undefined)
    }
    for (const resolve of awaiting) resolve()
  }
  /** One reading; how long until the next one, unless something happens. */
  const turn = async (): Promise<number> => {
    const begin = performance.now()
    try {
      await read()
    } catch (error) {
      return lose(error)
    }
    const now = performance.now()
    // A slow target is asked less often, so that looking never becomes its load.
    soonAtMs = now + Math.max(DRIVEN_MS, 2 * (now - begin))
    const isDue = due.all || due.some.size > 0
    return isDue ? soonAtMs - now : Math.max(readAllAtMs + allMs(), soonAtMs) - now
  }
  const pause = async (milliseconds: number): Promise<void> => {
    const rest = new AbortController()
    const signal = AbortSignal.any([ended.signal, rest.signal])
    const elapsed = Number.isFinite(milliseconds)
      ? [sleep(milliseconds, undefined, { signal }).catch(() => undefined)]
      : []
    const over = new Promise((resolve) => {
      ended.signal.addEventListener('abort', resolve, { once: true, signal: rest.signal })
    })
    await Promise.race([...elapsed, wakeUp.promise, over])
    rest.abort()
  }
  const wake: TargetSession['wake'] = (migrationId, { isUrgent = false } = {}) => {
    due = {
      all: due.all || migrationId === null,
      some: migrationId === null ? due.some : due.some.add(migrationId),
      isUrgent: due.isUrgent || isUrgent,
    }
    if (isUrgent) wakeUp.resolve(undefined)
    else wakeSoon()
  }
  // The target must be in the state before its migrations are: what is told of an unknown one is dropped.
  put({}, true)
  const looping = loop()
  return {
    connection,
    reader,
    catalogue,
    head: () => head,
    engine() {
      if (opened !== null) return opened.engine
      throw notConnected(head.link)
    },
    database() {
      if (opened !== null) return opened.target.database
      throw notConnected(head.link)
    },
    openDriving(maxConnections) {
      if (resolved === null || head.link.kind !== 'connected') throw notConnected(head.link)
      return openEngine(context, { resolved, definitions: catalogue, connection, maxConnections, health })
    },
    ready: () => first.promise,
    wake,
    readAgain: (migrationId) =>
      new Promise((resolve) => {
        if (ended.signal.aborted) {
          resolve()
          return
        }
        awaiting.push(resolve)
        wake(migrationId, { isUrgent: true })
      }),
    setWatched(migrationIds) {
      watched = migrationIds
      for (const migrationId of migrationIds) due.some.add(migrationId)
      if (migrationIds.size > 0) wakeSoon()
    },
    setSchedule: (schedule) => {
      put({ schedule }, true)
    },
    setSteppedWork: (worker) => {
      put({ stepped: { ...head.stepped, worker } }, true)
    },
    async close() {
      ended.abort()
      if (soonTimer !== null) clearTimeout(soonTimer)
      await looping
      await opened?.target.close()
      opened = null
    },
  }

  /** Not while it is lost: then the next try has its own time. */
  function wakeSoon(): void {
    if (head.link.kind !== 'connected') return
    soonTimer ??= setTimeout(
      () => {
        soonTimer = null
        wakeUp.resolve(undefined)
      },
      Math.max(0, soonAtMs - performance.now()),
    )
  }
}

/** null where there is nothing of ours to read: uninstalled this very moment, or another framework's tables. */
async function listStepped(engine: Engine): Promise<SteppedListValue | null> {
  try {
    return await engine.stepped.list()
  } catch (error) {
    const { code } = toAppError(error)
    if (code === 'not_installed' || code === 'schema_attached') return null
    throw error
  }
}

function notConnected(link: Link): TrancheError {
  switch (link.kind) {
    case 'refused':
      return new TrancheError(link.error.code, link.error.message, {
        details: link.error.details,
        ...(link.error.remedy === null ? {} : { remedy: link.error.remedy }),
      })
    case 'lost':
      return new TrancheError('target_lost', link.message, {
        remedy: 'It is tried again by itself; what was committed stays.',
      })
    case 'connecting':
    case 'connected':
      return new TrancheError('target_lost', 'the target has not answered yet', { remedy: 'Try again in a moment.' })
  }
}
