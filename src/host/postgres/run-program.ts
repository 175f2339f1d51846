import { spawn } from 'node:child_process'
import { TrancheError } from '../../shared/errors.ts'
import type { ServerAccount } from './server-account.ts'

export interface ProgramResult {
  /** null when a signal ended it. */
  readonly exitCode: number | null
  /** Standard output and standard error, as they came. */
  readonly output: string
}

interface ProgramOptions {
  readonly account: ServerAccount | null
  readonly cwd: string
  readonly signal?: AbortSignal | undefined
}

/**
 * Runs a program to its end and returns what it printed. Rejects with server_binaries_missing when it can't be started,
 * and with the signal's reason when aborted; then the program and its children are gone.
 */
export function runProgram(file: string, args: readonly string[], options: ProgramOptions): Promise<ProgramResult> {
  const { account, cwd, signal } = options
  return new Promise((resolve, reject) => {
    signal?.throwIfAborted()
    // In a process group of its own: initdb has children, and a terminal's Ctrl-C is for us to pass on.
    const child = spawn(file, args, {
      cwd,
      env: serverEnvironment(),
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: process.platform !== 'win32',
      windowsHide: true,
      ...spawnIdentity(account),
    })
    let output = ''
    const collect = (chunk: string) => (output += chunk)
    child.stdout.setEncoding('utf8').on('data', collect)
    child.stderr.setEncoding('utf8').on('data', collect)
    const abort = () => {
      killGroup(child.pid)
    }
    signal?.addEventListener('abort', abort, { once: true })
    child.on('error', (error) => {
      signal?.removeEventListener('abort', abort)
      reject(notExecutable(file, error))
    })
    child.on('close', (exitCode) => {
      signal?.removeEventListener('abort', abort)
      if (signal?.aborted) reject(abortReason(signal))
      else resolve({ exitCode, output })
    })
  })
}

/** The user and group to spawn as; nothing where we stay who we are. */
export function spawnIdentity(account: ServerAccount | null): { uid: number; gid: number } | Record<string, never> {
  return account === null ? {} : { uid: account.uid, gid: account.gid }
}

/** Our environment without libpq's variables: the server and initdb read some of them, and they are somebody else's. */
export function serverEnvironment(): NodeJS.ProcessEnv {
  const own = Object.entries(process.env).filter(([name]) => !/^(PG|LC_|LANG)/.test(name))
  // Messages in English, because we look into the log; and macOS needs a valid locale before the server's threads start.
  return { ...Object.fromEntries(own), LC_ALL: 'C' }
}

/** A program of another libc or on a noexec file system is there and can't be started all the same. */
export function notExecutable(file: string, cause: unknown): TrancheError {
  const reason = cause instanceof Error ? cause.message : String(cause)
  return new TrancheError('server_binaries_missing', `${file} can't be run (${reason}).`, {
    remedy: `Install PostgreSQL with this machine's package manager, and keep the project where programs may be executed.`,
    cause,
  })
}

function killGroup(pid: number | undefined): void {
  if (pid === undefined) return
  try {
    process.kill(process.platform === 'win32' ? pid : -pid, 'SIGKILL')
  } catch {
    // It ended by itself just now.
  }
}

function abortReason(signal: AbortSignal): Error {
  return signal.reason instanceof Error ? signal.reason : new Error('aborted', { cause: signal.reason })
}
