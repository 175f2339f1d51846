/** Electron's runtime, about 110 MB, by the package's own installer, within a short limit; a failure is remembered for a day. */
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { lastLine } from './last-line.ts'
import { runLimited } from '../system/run-limited.ts'

export interface Fetching {
  /** Of the npm package `electron`. */
  readonly packageFolder: string
  /** Where a failure is remembered. */
  readonly memoryFile: string
  readonly now: () => number
  readonly signal: AbortSignal
  /** Drawn over itself while it lasts; an empty one ends it. */
  readonly showProgress: (line: string) => void
  /** How long it may take (90 s). */
  readonly limitMs?: number
}

const LIMIT_MS = 90_000
const REMEMBERED_MS = 24 * 60 * 60 * 1_000

/** null: it is there now. Else why not, as a sentence without a full stop. */
export async function fetchRuntime(fetching: Fetching): Promise<string | null> {
  const { packageFolder, memoryFile, now, signal, showProgress, limitMs = LIMIT_MS } = fetching
  const remembered = await recall(memoryFile, now())
  if (remembered !== null) return `${remembered}; it is not tried again before tomorrow`
  const limitSeconds = limitMs / 1_000
  const show = (seconds: number): void => {
    showProgress(`  fetching Electron, once: ${String(seconds)} s of at most ${String(limitSeconds)} s`)
  }
  show(0)
  const { ending, output } = await runLimited([process.execPath, join(packageFolder, 'install.js')], {
    cwd: packageFolder,
    limitMs,
    signal,
    onSecond: show,
  }).finally(() => {
    showProgress('')
  })
  if (ending.kind === 'exit' && ending.code === 0) {
    await rm(memoryFile, { force: true })
    return null
  }
  const why =
    ending.kind === 'too_long'
      ? `Electron could not be fetched within ${String(limitSeconds)} s`
      : `Electron could not be fetched (${firstError(output)})`
  await remember(memoryFile, { failedAtMs: now(), why })
  return why
}

interface Failure {
  readonly failedAtMs: number
  readonly why: string
}

async function recall(file: string, nowMs: number): Promise<string | null> {
  try {
    const { failedAtMs, why } = JSON.parse(await readFile(file, 'utf8')) as Partial<Record<keyof Failure, unknown>>
    if (typeof failedAtMs !== 'number' || typeof why !== 'string') return null
    const ageMs = nowMs - failedAtMs
    return ageMs >= 0 && ageMs < REMEMBERED_MS ? why : null
  } catch {
    return null
  }
}

/** Where it cannot be written it is tried again next time. */
async function remember(file: string, failure: Failure): Promise<void> {
  try {
    await mkdir(dirname(file), { recursive: true })
    await writeFile(file, JSON.stringify(failure))
  } catch {
    return
  }
}

/** The installer prints a stack. */
function firstError(output: string): string {
  const line = output.split('\n').find((each) => /^\w*Error: /.test(each))
  return line?.replace(/^\w*Error: /, '') ?? lastLine(output) ?? 'its installer did not say why'
}
