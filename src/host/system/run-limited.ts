/** A program in a process group of its own, without a shell, with its output kept, for as long as it may take. */
import { spawn } from 'node:child_process'
import { killGroup } from './kill-group.ts'

export type Ending =
  | { readonly kind: 'exit'; readonly code: number | null; readonly endedBy: NodeJS.Signals | null }
  | { readonly kind: 'too_long' }
  /** It is no program of this machine, or of no use here. */
  | { readonly kind: 'not_started'; readonly error: Error }

export interface Limited {
  readonly cwd?: string
  readonly env?: NodeJS.ProcessEnv
  /** Another user to run as, where we may. */
  readonly identity?: { readonly uid?: number; readonly gid?: number }
  readonly limitMs?: number
  /** What prints more is ended. */
  readonly limitCharacters?: number
  /** Aborting ends it, and rejects with the signal's reason. */
  readonly signal?: AbortSignal | undefined
  /** Each second, with those that passed. */
  readonly onSecond?: (seconds: number) => void
}

export interface LimitedRun {
  readonly ending: Ending
  /** Standard output alone. */
  readonly stdout: string
  /** Standard output and standard error, as they came. */
  readonly output: string
}

const SECOND_MS = 1_000

/** Never leaves a part of it running. */
export async function runLimited(
  [file, ...args]: readonly [string, ...string[]],
  { cwd, env, identity, limitMs, limitCharacters = Infinity, signal, onSecond }: Limited,
): Promise<LimitedRun> {
  signal?.throwIfAborted()
  const child = spawn(file, args, {
    cwd,
    env,
    ...identity,
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: process.platform !== 'win32',
    windowsHide: true,
  })
  const end = (): void => {
    killGroup(child.pid)
  }
  let stdout = ''
  let output = ''
  const take = (chunk: string): void => {
    if (output.length > limitCharacters) return
    output += chunk
    if (output.length > limitCharacters) end()
  }
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    if (output.length <= limitCharacters) stdout += chunk
    take(chunk)
  })
  child.stderr.setEncoding('utf8').on('data', take)
  const begin = performance.now()
  const seconds = setInterval(() => onSecond?.(Math.round((performance.now() - begin) / SECOND_MS)), SECOND_MS)
  let isTooLong = false
  const stopLate = (): void => {
    isTooLong = true
    end()
  }
  const limit = limitMs === undefined ? null : setTimeout(stopLate, limitMs)
  signal?.addEventListener('abort', end, { once: true })
  const ending = await new Promise<Ending>((resolve) => {
    child.once('error', (error) => {
      resolve({ kind: 'not_started', error })
    })
    child.once('close', (code, endedBy) => {
      resolve(isTooLong ? { kind: 'too_long' } : { kind: 'exit', code, endedBy })
    })
  })
  if (limit !== null) clearTimeout(limit)
  clearInterval(seconds)
  signal?.removeEventListener('abort', end)
  signal?.throwIfAborted()
  return { ending, stdout, output }
}
