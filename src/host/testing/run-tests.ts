/** Runs the `*.test.ts` files of a catalogue, each in a process of its own. */
import { once } from 'node:events'
import { glob, realpath } from 'node:fs/promises'
import { join, relative, resolve } from 'node:path'
import { run } from 'node:test'
import { TrancheError } from '../../shared/errors.ts'
import type { Environ } from '../connection/read-service.ts'
import { openDisposableServer } from './disposable-server.ts'
import { placeVariable } from './test-place.ts'

export interface TestOutcome {
  /** Relative to the catalogue. */
  readonly file: string
  readonly name: string
  readonly isPassed: boolean
  /** Why it failed. */
  readonly message: string | null
  readonly milliseconds: number
}

export interface TestReport {
  readonly folder: string
  readonly server: string
  readonly tests: readonly TestOutcome[]
}

interface Testing {
  readonly folder: string
  readonly env: Environ
  readonly signal: AbortSignal
  readonly onTest: (outcome: TestOutcome) => void
}

/** Throws catalogue_missing, usage where there is no test, and what opening a server throws. */
export async function runTests({ folder: named, env, signal, onTest }: Testing): Promise<TestReport> {
  const folder = await realFolder(named)
  const files = await listTests(folder)
  if (files.length === 0) {
    throw new TrancheError('usage', `${folder} has no *.test.ts`, {
      remedy: 'tranche init DIR writes one as an example.',
    })
  }
  const server = await openDisposableServer(env, signal)
  try {
    const place = placeVariable({ server: server.server, databasePrefix: server.databasePrefix, folder })
    const tests = await runFiles(files, { folder, place, signal, onTest })
    return { folder, server: server.description, tests }
  } finally {
    await server.close()
  }
}

async function realFolder(named: string): Promise<string> {
  try {
    return await realpath(resolve(named))
  } catch (cause) {
    throw new TrancheError('catalogue_missing', `the catalogue ${resolve(named)} cannot be opened`, {
      remedy: 'Name the folder of definitions.',
      cause,
    })
  }
}

async function listTests(folder: string): Promise<readonly string[]> {
  const files: string[] = []
  const exclude = (path: string): boolean => /(^|[\\/])(node_modules|\.[^\\/]+)$/.test(path)
  for await (const file of glob('**/*.test.ts', { cwd: folder, exclude })) files.push(join(folder, file))
  return files.sort()
}

interface Files extends Reporting {
  readonly place: Readonly<Record<string, string>>
}

async function runFiles(
  files: readonly string[],
  { folder, place, signal, onTest }: Files,
): Promise<readonly TestOutcome[]> {
  const tests: TestOutcome[] = []
  const before = { ...process.env }
  // The processes take them over; a loader is given in the same way on every version of Node.
  Object.assign(process.env, place, {
    NODE_OPTIONS:
      `${process.env.NODE_OPTIONS ?? ''} --import=${new URL('register.mjs', import.meta.url).href} --disable-warning=ExperimentalWarning`.trim(),
  })
  try {
    // One after the other: the runner names the place of the call as the file, which is always ours.
    for (const file of files) tests.push(...(await runFile(file, { folder, signal, onTest })))
  } finally {
    process.env = before
  }
  signal.throwIfAborted()
  return tests
}

type Reporting = Pick<Testing, 'folder' | 'signal' | 'onTest'>

async function runFile(path: string, { folder, signal, onTest }: Reporting): Promise<readonly TestOutcome[]> {
  const tests: TestOutcome[] = []
  const file = relative(folder, path)
  const keep = (outcome: Omit<TestOutcome, 'file'>): void => {
    tests.push({ file, ...outcome })
    onTest({ file, ...outcome })
  }
  const heard = ({ name, details }: Heard, isPassed: boolean): void => {
    // The file itself stands among the tests where it could not be loaded.
    const isFile = resolve(folder, name) === path
    // A group has nothing to say beside the tests in it.
    if (isPassed ? isFile || details.type === 'suite' : details.error?.failureType === 'subtestsFailed') return
    const message = isPassed ? null : messageOf(details.error)
    keep({ name: isFile ? file : name, isPassed, message, milliseconds: Math.round(details.duration_ms) })
  }
  const events = run({ files: [path], signal })
  events.on('test:pass', (event) => {
    heard(event, true)
  })
  events.on('test:fail', (event) => {
    heard(event, false)
  })
  events.on('test:stderr', ({ message }) => process.stderr.write(message))
  events.on('test:stdout', ({ message }) => process.stderr.write(message))
  // The listeners above hear what flows here.
  events.resume()
  await once(events, 'end')
  if (tests.length === 0 && !signal.aborted)
    keep({
      name: file,
      isPassed: false,
      message: `${file} has no test: call test(…) of 'tranche/testing'`,
      milliseconds: 0,
    })
  return tests
}

interface Heard {
  readonly name: string
  readonly details: Details
}

interface Details {
  readonly duration_ms: number
  readonly type?: string
  readonly error?: Error & { readonly failureType?: string }
}

/** What the test threw stands behind what the runner says of it. */
function messageOf(error: Error | undefined): string {
  const cause = error?.cause
  if (cause instanceof Error) return cause.message
  return typeof cause === 'string' ? cause : (error?.message ?? 'it failed without saying why')
}
