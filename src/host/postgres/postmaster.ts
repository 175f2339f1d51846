import { readFile, readlink, realpath, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { TrancheError } from '../../shared/errors.ts'
import type { Cluster } from './cluster.ts'
import { runProgram } from './run-program.ts'

/** The server process of a cluster, as its lock file names it. */
export interface Postmaster {
  readonly pid: number
  /** 0 until it listens there: before that, another server may have the port that it is about to ask for. */
  readonly port: number
}

/** The lock file's postmaster if it is alive; null when there is none or it died without removing the file. */
export async function findPostmaster(cluster: Cluster): Promise<Postmaster | null> {
  const lock = await readLock(cluster)
  if (lock === null || !(await isAlive(lock.pid)) || !(await mayBePostmaster(lock.pid, cluster))) return null
  return lock
}

/** What the lock file says, whether true or not. */
export async function readLock(cluster: Cluster): Promise<Postmaster | null> {
  const text = await readFile(lockFile(cluster), 'utf8').catch((error: unknown) => {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return ''
    throw error
  })
  // pid, data folder, start time, port, socket folder, address once it listens, …
  const [pid, , , port, , address = ''] = text.split('\n')
  const id = Number(pid)
  return id === 0 || Number.isNaN(id) ? null : { pid: id, port: address.trim() === '' ? 0 : Number(port) }
}

function lockFile({ dataFolder }: Cluster): string {
  return join(dataFolder, 'postmaster.pid')
}

/** Whether a process exists; a dead one that its parent has not collected yet does not count. */
async function isAlive(pid: number): Promise<boolean> {
  try {
    process.kill(pid, 0)
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EPERM')) return false
  }
  const status = await readFile(`/proc/${String(pid)}/stat`, 'utf8').catch(() => '')
  return !/\) [ZX] /.test(status)
}

/** A pid is used again some day, by any other program. */
async function mayBePostmaster(pid: number, { dataFolder }: Cluster): Promise<boolean> {
  if (process.platform === 'linux') {
    // A postmaster's working folder is its data folder; null where we may not look.
    const folder = await readlink(`/proc/${String(pid)}/cwd`).catch(() => null)
    return folder === null || folder === (await realpath(dataFolder))
  }
  const [program, args] =
    process.platform === 'win32'
      ? ['tasklist', ['/FI', `PID eq ${String(pid)}`]]
      : ['ps', ['-o', 'comm=', '-p', String(pid)]]
  const { output } = await runProgram(program, args, { account: null, cwd: dataFolder })
  return output.includes('postgres')
}

/**
 * Removes a lock file whose pid belongs to another program now: the server would believe it. One whose process is
 * dead is left to the server, which also looks for surviving children before it removes it.
 */
export async function removeForeignLock(cluster: Cluster): Promise<void> {
  const lock = await readLock(cluster)
  if (lock === null || !(await isAlive(lock.pid)) || (await mayBePostmaster(lock.pid, cluster))) return
  await rm(lockFile(cluster))
}

const PATIENCE_MS = 20_000

/** Ends the server: disconnects everybody first, and insists when it takes too long. */
export async function stopPostmaster(cluster: Cluster, { pid }: Postmaster): Promise<void> {
  if (process.platform === 'win32') {
    await stopOnWindows(cluster)
    return
  }
  for (const signal of ['SIGINT', 'SIGQUIT', 'SIGKILL'] as const) {
    if (!sendSignal(pid, signal) || (await hasEnded(pid, PATIENCE_MS))) return
  }
}

function sendSignal(pid: number, signal: NodeJS.Signals): boolean {
  try {
    process.kill(pid, signal)
    return true
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ESRCH') return false
    throw error
  }
}

async function hasEnded(pid: number, patienceMs: number): Promise<boolean> {
  const deadline = Date.now() + patienceMs
  while (await isAlive(pid)) {
    if (Date.now() > deadline) return false
    await sleep(20)
  }
  return true
}

/** There a process has no signals; pg_ctl beside the running program knows the server's own. */
async function stopOnWindows({ dataFolder }: Cluster): Promise<void> {
  const commandLine = await readFile(join(dataFolder, 'postmaster.opts'), 'utf8')
  const program = /^"?(.*?postgres\.exe)/i.exec(commandLine)?.[1] ?? ''
  const args = ['stop', '-D', dataFolder, '-m', 'fast', '-w']
  const { exitCode, output } = await runProgram(join(dirname(program), 'pg_ctl.exe'), args, {
    account: null,
    cwd: dataFolder,
  })
  if (exitCode !== 0 && !output.includes('Is server running?')) {
    throw new TrancheError('unexpected', `PostgreSQL did not stop:\n${output.trim()}`)
  }
}
