/** A program in a process group of its own, with its output kept, for as long as it may take. */
import { spawn } from 'node:child_process'

export type Ending =
  | { readonly kind: 'exit'; readonly code: number | null; readonly endedBy: NodeJS.Signals | null }
  | { readonly kind: 'too_long' }
  /** It is no program of this machine. */
  | { readonly kind: 'not_started'; readonly why: string }

export interface Limited {
  readonly cwd: string
  readonly limitMs: number
  /** Aborting ends it, and rejects with the signal's reason. */
  readonly signal: AbortSignal
  /** Each second, with those that passed. */
  readonly onSecond?: (seconds: number) => void
}

const SECOND_MS = 1_000

/** Never leaves a part of it running. */
export async function runLimited(
  [file, ...args]: readonly [string, ...string[]],
  { cwd, limitMs, signal, onSecond }: Limited,
): Promise<{ readonly ending: Ending; readonly output: string }> {
  signal.throwIfAborted()
  const child = spawn(file, args, {
    cwd,
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: process.platform !== 'win32',
    windowsHide: true,
  })
  let output = ''
  const collect = (chunk: string): void => {
    output += chunk
  }
  child.stdout.setEncoding('utf8').on('data', collect)
  child.stderr.setEncoding('utf8').on('data', collect)
  const begin = performance.now()
  const seconds = setInterval(() => onSecond?.(Math.round((performance.now() - begin) / SECOND_MS)), SECOND_MS)
  let isTooLong = false
  const end = (): void => {
    killGroup(child.pid)
  }
  const limit = setTimeout(() => {
    isTooLong = true
    end()
  }, limitMs)
  signal.addEventListener('abort', end, { once: true })
  const ending = await new Promise<Ending>((resolve) => {
    child.once('error', ({ message }) => {
      resolve({ kind: 'not_started', why: message })
    })
    child.once('close', (code, endedBy) => {
      resolve(isTooLong ? { kind: 'too_long' } : { kind: 'exit', code, endedBy })
    })
  })
  clearTimeout(limit)
  clearInterval(seconds)
  signal.removeEventListener('abort', end)
  signal.throwIfAborted()
  return { ending, output }
}

/** Everything that a program started, unless it left the group on purpose. Harmless when nothing is left. */
export function killGroup(pid: number | undefined): void {
  if (pid === undefined) return
  try {
    process.kill(process.platform === 'win32' ? pid : -pid, 'SIGKILL')
  } catch {
    // It ended by itself just now.
  }
}
