import { join } from 'node:path'
import { bringUp, type PortRange } from './bring-up.ts'
import { copyBundledBinaries } from './bundled-binaries.ts'
import { clusterAt, clusterExists } from './cluster.ts'
import { createCluster } from './create-cluster.ts'
import { findServerBinaries, type Provider, type ServerBinaries } from './find-server-binaries.ts'
import { stopPostmaster } from './postmaster.ts'
import { findServerAccount, type ServerAccount } from './server-account.ts'
import { openServerHome } from './server-home.ts'
import type { ServerConnection } from './server-login.ts'
import type { ServerSettings } from './server-settings.ts'

export interface StartServerOptions {
  /** Ours alone; made when missing. The server's files are in it, or beside it where its account can't enter it. */
  readonly folder: string
  readonly settings: ServerSettings
  /** The first free one is taken. */
  readonly ports?: PortRange
  /** One line per step that takes noticeable time. */
  readonly onProgress?: (message: string) => void
  /** Aborting rejects with its reason and leaves nothing running. */
  readonly signal?: AbortSignal
}

export interface Server {
  /** The superuser's connection to the database `postgres`. */
  readonly connection: ServerConnection
  readonly provider: Provider
  /** 15.18 */
  readonly version: string
  /** Where its files really are. */
  readonly folder: string
  /** The operating system's user it runs as; null where that is us. */
  readonly account: string | null
  /** true when it ran before we came: then it is not ours to stop. */
  readonly wasRunning: boolean
  readonly pid: number
  /** Disconnects everybody and ends it. Harmless when it has ended already. */
  stop(): Promise<void>
}

const PORTS: PortRange = { first: 54_330, count: 100 }

/**
 * Starts the private PostgreSQL server of a folder, making its cluster the first time, or takes the one that runs
 * there already. It listens on 127.0.0.1 only, in a process group of its own, and goes on when we end: who wants it
 * stopped calls `stop`. Throws file_not_writable, server_binaries_missing, and `unexpected` with the end of its log.
 */
export async function startServer(options: StartServerOptions): Promise<Server> {
  const { folder, settings, ports = PORTS, onProgress = () => undefined, signal } = options
  signal?.throwIfAborted()
  const account = await findServerAccount(folder)
  const home = await openServerHome(folder, account)
  const binaries = await chooseBinaries(home, account)
  const name = `PostgreSQL ${binaries.version} (${binaries.provider})`
  const binFolder = await installBinaries(binaries, home, account)
  const cluster = clusterAt(clusterFolder(home, binaries))
  if (!(await clusterExists(cluster))) {
    onProgress(`creating a ${name} cluster in ${cluster.folder}`)
    await createCluster(cluster, { binFolder, account, isDurable: settings.fsync !== 'off', signal })
  }
  const { postmaster, connection, version, wasRunning } = await bringUp(cluster, {
    binFolder,
    account,
    settings,
    ports,
    signal,
  })
  onProgress(`${name} ${wasRunning ? 'runs already' : 'runs'} on port ${String(connection.port)}`)
  return {
    connection,
    provider: binaries.provider,
    version,
    folder: home,
    account: account?.name ?? null,
    wasRunning,
    pid: postmaster.pid,
    stop: () => stopPostmaster(cluster, postmaster),
  }
}

/** A cluster belongs to a major version, so each has its own, and one that is there already is preferred. */
async function chooseBinaries(home: string, account: ServerAccount | null): Promise<ServerBinaries> {
  const candidates = await findServerBinaries(account)
  for (const binaries of candidates) {
    if (await clusterExists(clusterAt(clusterFolder(home, binaries)))) return binaries
  }
  return candidates[0]
}

/** Named by provider too: a bundled server and a local one of the same version may differ in their libraries. */
function clusterFolder(home: string, { provider, majorVersion }: ServerBinaries): string {
  return join(home, `postgres-${String(majorVersion)}-${provider}`)
}

function installBinaries(binaries: ServerBinaries, home: string, account: ServerAccount | null): Promise<string> {
  if (binaries.provider === 'local') return Promise.resolve(binaries.folder)
  return copyBundledBinaries(binaries, home, account)
}
