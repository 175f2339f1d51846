/** `npm start`: practice database and console; with --headless the tour. Ctrl-C stops what was started, and keeps the data. */
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import type { Logger } from '../engine/ports.ts'
import { ERROR_EXIT_CODES, EXIT, messageOf, toAppError, TrancheError } from '../shared/errors.ts'
import { dataFolder } from '../storage/data-folder.ts'
import { createConsoleLog } from './backend/console-log.ts'
import { showConsole } from './console/show-console.ts'
import { hideFromDriver } from './connection/read-environment.ts'
import {
  openPractice,
  type Practice,
  PRACTICE_CATALOGUE,
  practiceDatabases,
  reportFile,
} from './practice/open-practice.ts'
import { watchFaults } from './system/watch-faults.ts'
import { createSteps } from './tour/steps.ts'
import { takeTour } from './tour/take-tour.ts'

const HELP = `npm start -- [--web [--port N] | --headless] [--reset] [--rows N] [--trouble] [--report FILE]

Starts a private PostgreSQL with practice data (or fills the empty database that TRANCHE_PRACTICE_URL names).

  --web          open the console in the browser; left out: in a window of its own where Electron is there, or can
                 be fetched within 90 s, and in the browser where not
  --port N       where that page listens on this machine; left out: any free port
  --headless     take the tour: queue, run, verify and finalize each practice migration, write a report, end
  --report FILE  where that report goes (practice-report.md)
  --reset        make the practice data anew first
  --rows N       rows of each big practice table (200 000); another number than before makes the data anew
  --trouble      with rows that cannot be migrated, slow ones and locked ones, so that failures can be practised
                 (docs/practice.md); makes the data anew where they are without, and not with --headless
  --help         this text`

const PROJECT_FOLDER = fileURLToPath(new URL('../..', import.meta.url))
const SIGNAL_EXIT_CODES: Readonly<Record<string, number>> = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 }

interface StartFlags {
  readonly web: boolean
  readonly port: number
  readonly headless: boolean
  readonly reset: boolean
  readonly rows?: number
  readonly trouble: boolean
  readonly report?: string
  readonly help: boolean
}

const logger: Logger = {
  log(level, event, fields) {
    if (level === 'warn' || level === 'error') process.stderr.write(`  ${event}: ${JSON.stringify(fields ?? {})}\n`)
  },
}

// Whoever reads along may leave (`| head`); the tour goes on to its end.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error
})
process.exitCode = await main(process.argv.slice(2))

async function main(args: readonly string[]): Promise<number> {
  const stop = new AbortController()
  const received: { signal: string | null; fault: { readonly thrown: unknown } | null } = { signal: null, fault: null }
  for (const signal of Object.keys(SIGNAL_EXIT_CODES)) {
    process.on(signal, () => {
      received.signal ??= signal
      stop.abort(new Error(`stopped by ${signal}`))
    })
  }
  watchFaults({
    onFault: (thrown) => {
      received.fault = { thrown }
      process.exitCode = EXIT.unexpected
      process.stderr.write('! An error that nobody caught: everything that was started is stopped\n')
      const stack = thrown instanceof Error ? thrown.stack : String(thrown)
      createConsoleLog(dataFolder(), { log: () => undefined }).log('error', 'an error that nobody caught', { stack })
      stop.abort(thrown)
    },
    onStuck: () => process.exit(complain(received.fault?.thrown)),
  })
  try {
    hideFromDriver(process.env)
    const flags = readFlags(args)
    if (flags.help) {
      say(HELP)
      return EXIT.done
    }
    await start(flags, stop.signal)
    return received.fault === null ? exitCodeOf(received.signal) : complain(received.fault.thrown)
  } catch (error) {
    if (received.fault !== null) return complain(received.fault.thrown)
    if (received.signal !== null) {
      say('stopped; what was committed stays, and the next start goes on from there')
      return exitCodeOf(received.signal)
    }
    return complain(error)
  }
}

function exitCodeOf(signal: string | null): number {
  return signal === null ? EXIT.done : (SIGNAL_EXIT_CODES[signal] ?? EXIT.unexpected)
}

async function start(flags: StartFlags, signal: AbortSignal): Promise<void> {
  const practice = await openPractice({
    projectFolder: PROJECT_FOLDER,
    isReset: flags.reset,
    logger,
    onProgress: (message) => {
      say(`  ${message}`)
    },
    signal,
    ...(flags.rows === undefined ? {} : { rows: flags.rows }),
    // The tour needs data without; a console takes what is there.
    ...(flags.trouble || flags.headless ? { withTrouble: flags.trouble } : {}),
  })
  try {
    say(
      `✓ Practice database: ${practice.rows.toLocaleString('en').replaceAll(',', ' ')} workflows and routes${practice.isFilled ? '' : ', as they were'}${practice.hasTrouble ? ', with trouble' : ''}`,
    )
    if (flags.headless) await headless(practice, { reportFile: flags.report ?? reportFile(PROJECT_FOLDER), signal })
    else {
      const { web: isWeb, port } = flags
      await showConsole({ projectFolder: PROJECT_FOLDER, practice, isWeb, port, logger, signal, say, showProgress })
    }
  } finally {
    await practice.close()
  }
}

interface Touring {
  readonly reportFile: string
  readonly signal: AbortSignal
}

async function headless(practice: Practice, { reportFile: file, signal }: Touring): Promise<void> {
  await takeTour({
    databases: practiceDatabases(practice),
    catalogueFolder: PRACTICE_CATALOGUE,
    reportFile: file,
    logger,
    steps: createSteps(say),
    signal,
    showProgress,
  })
}

function readFlags(args: readonly string[]): StartFlags {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        headless: { type: 'boolean' },
        web: { type: 'boolean' },
        port: { type: 'string' },
        reset: { type: 'boolean' },
        rows: { type: 'string' },
        trouble: { type: 'boolean' },
        report: { type: 'string' },
        help: { type: 'boolean', short: 'h' },
      },
    })
    const { web = false, headless: isHeadless = false, reset = false, trouble = false, help = false } = values
    const { rows, report, port } = values
    if (port !== undefined && !web)
      throw new TrancheError('usage', '--port is given without --web', {
        remedy: 'Say: npm start -- --web --port N',
      })
    if (trouble && isHeadless)
      throw new TrancheError(
        'usage',
        '--trouble and --headless are given together: the tour ends well, or not at all',
        {
          remedy: 'Leave --headless out, and take the migrations through the console or the command line.',
        },
      )
    return {
      web,
      port: port === undefined ? 0 : readPort(port),
      headless: isHeadless,
      trouble,
      reset,
      help,
      ...(rows === undefined ? {} : { rows: readRows(rows) }),
      ...(report === undefined ? {} : { report }),
    }
  } catch (error) {
    if (error instanceof TrancheError) throw error
    throw new TrancheError('usage', messageOf(error), {
      remedy: 'See: npm start -- --help',
    })
  }
}

function readRows(text: string): number {
  const rows = Number(text)
  if (/^\d+$/.test(text) && rows >= 100 && rows <= 10_000_000) return rows
  throw new TrancheError('usage', `--rows is ${JSON.stringify(text)}; expected a whole number from 100 to 10 000 000`, {
    remedy: 'Leave it out for 200 000.',
  })
}

function readPort(text: string): number {
  const port = Number(text)
  if (/^\d+$/.test(text) && port >= 1 && port <= 65_535) return port
  throw new TrancheError('usage', `--port is ${JSON.stringify(text)}; expected a whole number from 1 to 65 535`, {
    remedy: 'Leave it out for any free one.',
  })
}

function complain(error: unknown): number {
  const { code, message, remedy } = toAppError(error)
  process.stderr.write(`✕ ${message}\n${remedy === null ? '' : `  ${remedy}\n`}  (${code})\n`)
  if (process.env.TRANCHE_DEBUG === '1' && error instanceof Error) process.stderr.write(`${error.stack ?? ''}\n`)
  return ERROR_EXIT_CODES[code]
}

function say(line: string): void {
  process.stdout.write(`${line}\n`)
}

/** One line, drawn over itself; nothing where the output is no terminal. */
function showProgress(line: string): void {
  if (process.stdout.isTTY) process.stdout.write(`\r\u001B[2K${line}`)
}
