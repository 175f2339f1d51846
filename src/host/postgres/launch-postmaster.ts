import { spawn, type ChildProcess } from 'node:child_process'
import { chown, open, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Cluster } from './cluster.ts'
import { serverEnvironment, spawnIdentity } from './run-program.ts'
import type { ServerAccount } from './server-account.ts'
import { HOST } from './server-login.ts'
import { formatSettings, type ServerSettings } from './server-settings.ts'

export interface LaunchOptions {
  readonly binFolder: string
  readonly account: ServerAccount | null
  readonly port: number
  readonly settings: ServerSettings
}

export interface LaunchedPostmaster {
  /** The server; on Windows the pg_ctl that starts it. */
  readonly child: ChildProcess
  /** Where this start's part of the log begins. */
  readonly logOffset: number
  /** Resolves when it has ended; rejects when it could not be started at all. */
  readonly ended: Promise<void>
}

/** Starts the server of a cluster and returns at once: whether it came up is for the caller to find out. */
export async function launchPostmaster(cluster: Cluster, options: LaunchOptions): Promise<LaunchedPostmaster> {
  const { binFolder, account, port, settings } = options
  await writeSettings(cluster, { ...settings, ...listenSettings(port) }, account)
  const log = await open(cluster.logFile, 'a', 0o600)
  try {
    if (account !== null) await log.chown(account.uid, account.gid)
    const { size } = await log.stat()
    const [program, args] = command(cluster, binFolder)
    const child = spawn(program, args, {
      cwd: cluster.folder,
      env: serverEnvironment(),
      stdio: ['ignore', log.fd, log.fd],
      // In a process group of its own: Ctrl-C in the terminal must not stop it before the engine.
      detached: true,
      windowsHide: true,
      ...spawnIdentity(account),
    })
    child.unref()
    const ended = new Promise<void>((resolve, reject) => {
      child.once('exit', (exitCode) => {
        const wasOnlyStarting = process.platform === 'win32' && exitCode === 0
        if (!wasOnlyStarting) resolve()
      })
      child.once('error', reject)
    })
    return { child, logOffset: size, ended }
  } finally {
    await log.close()
  }
}

/** Windows wants the server without administrator's rights, which pg_ctl knows how to give up. */
function command({ dataFolder }: Cluster, binFolder: string): [string, string[]] {
  if (process.platform === 'win32') return [join(binFolder, 'pg_ctl.exe'), ['start', '-D', dataFolder, '-W']]
  return [join(binFolder, 'postgres'), ['-D', dataFolder]]
}

function listenSettings(port: number): ServerSettings {
  // No socket file: its path may be at most 107 bytes long, and nobody here needs it.
  return { port: String(port), listen_addresses: HOST, unix_socket_directories: '', logging_collector: 'off' }
}

async function writeSettings(cluster: Cluster, settings: ServerSettings, account: ServerAccount | null): Promise<void> {
  await writeFile(cluster.settingsFile, formatSettings(settings), { mode: 0o600 })
  if (account !== null) await chown(cluster.settingsFile, account.uid, account.gid)
}
