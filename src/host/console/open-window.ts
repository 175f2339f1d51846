/** The console in Electron's window: started, waited for, and ended with everything that it started. */
import { type ChildProcess, spawn } from 'node:child_process'
import { createWriteStream } from 'node:fs'
import { createInterface } from 'node:readline'
import { WINDOW_LINES } from '../../shared/window-bridge.ts'
import { lastLine } from './last-line.ts'
import { killGroup } from '../system/kill-group.ts'

export type WindowEnd =
  /** By a person, or because we were asked to stop. */
  | { readonly kind: 'closed' }
  /** Another one of this user has the console; it came to the front. */
  | { readonly kind: 'already_open' }
  /** There never was one, or not for long. Why, as a sentence without a full stop. */
  | { readonly kind: 'failed'; readonly why: string }
  /** It ended by itself after it had been there. */
  | { readonly kind: 'crashed'; readonly why: string }

export interface WindowRequest {
  readonly program: string
  /** With the built application. */
  readonly projectFolder: string
  readonly practiceRows: number
  /** What the window's processes say goes here. */
  readonly logFile: string
  readonly signal: AbortSignal
  readonly onReady: () => void
  readonly limits?: Partial<WindowLimits>
}

export interface WindowLimits {
  /** From its start to a window with a page (30 s: a first start may be checked by the system). */
  readonly readyMs: number
  /** An end so soon after that is a failed start (5 s). */
  readonly earlyMs: number
  /** A console that was asked to stop finishes a sub-batch first (20 s). */
  readonly stopMs: number
}

const LIMITS: WindowLimits = { readyMs: 30_000, earlyMs: 5_000, stopMs: 20_000 }
const KEPT_OUTPUT = 8_000

export async function openWindow(request: WindowRequest): Promise<WindowEnd> {
  const { signal, onReady } = request
  const limits = { ...LIMITS, ...request.limits }
  const child = startProgram(request)
  const said = listen(child, request.logFile)
  const seen: Seen = { readyAtMs: null, isAlreadyOpen: false, isHanging: false }
  const hanging = setTimeout(() => {
    seen.isHanging = true
    killGroup(child.pid)
  }, limits.readyMs)
  said.onLine((line) => {
    if (line === WINDOW_LINES.alreadyOpen) seen.isAlreadyOpen = true
    if (line !== WINDOW_LINES.ready || seen.readyAtMs !== null) return
    seen.readyAtMs = performance.now()
    clearTimeout(hanging)
    onReady()
  })
  const timers = [hanging]
  const stop = (): void => {
    child.kill('SIGTERM')
    timers.push(
      setTimeout(() => {
        killGroup(child.pid)
      }, limits.stopMs),
    )
  }
  if (signal.aborted) stop()
  signal.addEventListener('abort', stop, { once: true })
  const end = await ended(child)
  for (const timer of timers) clearTimeout(timer)
  signal.removeEventListener('abort', stop)
  // Helpers of a runtime that was killed, or died, may be left.
  killGroup(child.pid)
  said.close()
  return signal.aborted ? { kind: 'closed' } : judge(seen, `Electron ended with ${end}`, { limits, tail: said.tail() })
}

interface Seen {
  readyAtMs: number | null
  isAlreadyOpen: boolean
  isHanging: boolean
}

function judge(
  { readyAtMs, isAlreadyOpen, isHanging }: Seen,
  end: string,
  { limits, tail }: { readonly limits: WindowLimits; readonly tail: string },
): WindowEnd {
  if (isHanging) return { kind: 'failed', why: `Electron showed no window within ${String(limits.readyMs / 1_000)} s` }
  if (isAlreadyOpen) return { kind: 'already_open' }
  const line = lastLine(tail)
  const why = line === null ? end : `${end} (${line})`
  if (readyAtMs === null) return { kind: 'failed', why }
  if (end.endsWith(' 0')) return { kind: 'closed' }
  return { kind: performance.now() - readyAtMs < limits.earlyMs ? 'failed' : 'crashed', why }
}

function startProgram({ program, projectFolder, practiceRows }: WindowRequest): ChildProcess {
  const env: NodeJS.ProcessEnv = {
    ...process.env,
    TRANCHE_STARTED_BY_NPM: '1',
    TRANCHE_PRACTICE_ROWS: String(practiceRows),
  }
  // Set in the terminals of some editors, it makes a plain Node of Electron.
  delete env.ELECTRON_RUN_AS_NODE
  return spawn(program, [projectFolder], {
    cwd: projectFolder,
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
    // A group of its own: Ctrl-C is for us, and the backend must not get it before main tells it to finish.
    detached: process.platform !== 'win32',
  })
}

/** Output is kept in a file; its end also in memory, to say why it failed. */
function listen(child: ChildProcess, logFile: string) {
  const log = createWriteStream(logFile, { flags: 'w', mode: 0o600 })
  // A log that cannot be written is no reason to have no window.
  log.on('error', () => undefined)
  let tail = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on('data', (chunk: Buffer) => {
      tail = (tail + chunk.toString('utf8')).slice(-KEPT_OUTPUT)
      log.write(chunk)
    })
  }
  return {
    tail: () => tail,
    onLine(listener: (line: string) => void) {
      if (child.stdout !== null) createInterface({ input: child.stdout }).on('line', listener)
    },
    close: () => log.end(),
  }
}

async function ended(child: ChildProcess): Promise<string> {
  return new Promise((resolve) => {
    child.once('error', ({ message }) => {
      resolve(message)
    })
    child.once('exit', (code, endedBy) => {
      // What it said last may still be on its way; a helper that lives on would keep the pipes open for ever.
      setTimeout(() => {
        resolve(String(endedBy ?? code))
      }, 100)
    })
  })
}
