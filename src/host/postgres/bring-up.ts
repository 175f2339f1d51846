import { open } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { TrancheError } from '../../shared/errors.ts'
import type { Cluster } from './cluster.ts'
import { findFreePort, type PortRange } from './free-port.ts'
import { launchPostmaster, type LaunchedPostmaster } from './launch-postmaster.ts'
import { findPostmaster, readLock, removeForeignLock, stopPostmaster, type Postmaster } from './postmaster.ts'
import { notExecutable } from './run-program.ts'
import type { ServerAccount } from './server-account.ts'
import { tryLogin, type LoginOutcome, type ServerConnection } from './server-login.ts'
import type { ServerSettings } from './server-settings.ts'

export type { PortRange }

interface BringUpOptions {
  readonly binFolder: string
  readonly account: ServerAccount | null
  readonly settings: ServerSettings
  readonly ports: PortRange
  readonly signal?: AbortSignal | undefined
}

interface RunningServer {
  readonly postmaster: Postmaster
  readonly connection: ServerConnection
  readonly version: string
  readonly wasRunning: boolean
}

// Crash recovery of a big practice database is the longest wait.
const PATIENCE_MS = 120_000
const POLL_MS = 25

/** Finds the cluster's server running, or runs it; whoever starts one at the same moment gets the same server. */
export async function bringUp(cluster: Cluster, options: BringUpOptions): Promise<RunningServer> {
  const deadline = Date.now() + PATIENCE_MS
  let firstPort = options.ports.first
  for (;;) {
    options.signal?.throwIfAborted()
    const running = await findPostmaster(cluster)
    if (running !== null) {
      const adopted = await awaitLogin(cluster, {
        isGone: async () => (await findPostmaster(cluster)) === null,
        deadline,
        signal: options.signal,
      })
      if (adopted !== null) return { ...adopted, wasRunning: true }
      continue
    }
    await removeForeignLock(cluster)
    const port = await findFreePort({
      first: firstPort,
      count: options.ports.count - (firstPort - options.ports.first),
    })
    const launched = await launchPostmaster(cluster, { ...options, port })
    const own = await awaitLaunched(cluster, launched, { deadline, signal: options.signal })
    if (own !== null) return { ...own, wasRunning: false }
    const log = await readLog(cluster, launched.logOffset)
    const obstacle = findObstacle(log)
    if (obstacle === null || Date.now() > deadline) throw notStarted(cluster, log)
    if (obstacle === 'port') firstPort = port + 1
    await pause(POLL_MS * 4, options.signal)
  }
}

interface Waiting {
  readonly isGone: () => Promise<boolean>
  readonly deadline: number
  readonly signal?: AbortSignal | undefined
}

type LoggedIn = Omit<RunningServer, 'wasRunning'>

/** Waits until the server lets us in; null when it has ended instead. */
async function awaitLogin(cluster: Cluster, { isGone, deadline, signal }: Waiting): Promise<LoggedIn | null> {
  for (;;) {
    signal?.throwIfAborted()
    const lock = await readLock(cluster)
    const login: LoginOutcome =
      lock === null || lock.port === 0
        ? { kind: 'not_yet', reason: 'it is starting' }
        : await tryLogin(cluster, lock.port)
    if (lock !== null && login.kind === 'ready')
      return { postmaster: lock, connection: login.connection, version: login.version }
    if (await isGone()) return null
    if (login.kind === 'foreign' || Date.now() > deadline) throw notOurs(cluster, lock, login)
    await pause(POLL_MS, signal)
  }
}

/** Like `awaitLogin` for the server that we just launched, which does not survive our failure. */
async function awaitLaunched(
  cluster: Cluster,
  { child, ended }: LaunchedPostmaster,
  { deadline, signal }: Omit<Waiting, 'isGone'>,
): Promise<LoggedIn | null> {
  const end: { hasCome: boolean; error?: unknown } = { hasCome: false }
  const watched = ended.then(
    () => {
      end.hasCome = true
    },
    (error: unknown) => {
      Object.assign(end, { hasCome: true, error })
    },
  )
  try {
    const login = await awaitLogin(cluster, { isGone: () => Promise.resolve(end.hasCome), deadline, signal })
    if (end.error !== undefined) throw notExecutable(child.spawnfile, end.error)
    if (login === null || process.platform === 'win32' || login.postmaster.pid === child.pid) return login
    // Somebody else's start won: ours is about to find that out.
    await watched
    return null
  } catch (error) {
    if (!end.hasCome && child.pid !== undefined) {
      await stopPostmaster(cluster, { pid: child.pid, port: 0 })
      await watched
    }
    throw error
  }
}

/** Rejects with the signal's own reason, where the timer would say only that it was aborted. */
async function pause(milliseconds: number, signal: AbortSignal | undefined): Promise<void> {
  await sleep(milliseconds, undefined, { signal }).catch(() => undefined)
  signal?.throwIfAborted()
}

/** Why a start failed, where another try may help. */
function findObstacle(log: string): 'port' | 'rival' | 'leftovers' | null {
  if (/could not create any TCP\/IP sockets|Address already in use/.test(log)) return 'port'
  if (log.includes('lock file "postmaster.pid" already exists')) return 'rival'
  // The processes of a killed postmaster leave as soon as they notice.
  if (/shared memory block .* is still in use/.test(log)) return 'leftovers'
  return null
}

async function readLog({ logFile }: Cluster, offset: number): Promise<string> {
  const file = await open(logFile, 'r')
  try {
    const { size } = await file.stat()
    const { buffer, bytesRead } = await file.read({
      buffer: Buffer.alloc(Math.max(size - offset, 1)),
      position: offset,
    })
    return buffer.toString('utf8', 0, bytesRead).trim()
  } finally {
    await file.close()
  }
}

function notStarted({ logFile }: Cluster, log: string): TrancheError {
  const tail = log.split('\n').slice(-10).join('\n')
  return new TrancheError(
    'unexpected',
    `PostgreSQL ended while it was starting:\n${tail === '' ? '(it logged nothing)' : tail}`,
    {
      remedy: `Read the log ${logFile}.`,
      details: { logFile },
    },
  )
}

function notOurs({ folder }: Cluster, lock: Postmaster | null, login: LoginOutcome): TrancheError {
  const reason = login.kind === 'ready' ? '' : `: ${login.reason}`
  return new TrancheError(
    'unexpected',
    `A PostgreSQL server (process ${String(lock?.pid ?? 'unknown')}) has the cluster ${folder}, but does not let us in${reason}.`,
    {
      remedy: 'Stop that process, or delete the folder to begin again.',
    },
  )
}
