/** The console over the practice database: in a window where this machine can show one, else in the browser. */
import { join } from 'node:path'
import type { Logger } from '../../engine/ports.ts'
import { TrancheError } from '../../shared/errors.ts'
import type { Practice } from '../practice/open-practice.ts'
import { practiceFolder } from '../practice/practice-state.ts'
import { buildPage, buildWindow } from './build-console.ts'
import { findRuntime } from './find-runtime.ts'
import { openWindow } from './open-window.ts'
import { serveConsole } from './serve-console.ts'

export interface Showing {
  readonly projectFolder: string
  readonly practice: Practice
  /** In the browser, without asking what else there is. */
  readonly isWeb: boolean
  /** Of the browser's page; 0: any free one. */
  readonly port: number
  readonly logger: Logger
  readonly signal: AbortSignal
  readonly say: (line: string) => void
  /** One line, drawn over itself; an empty one ends it. */
  readonly showProgress: (line: string) => void
}

/** Resolves when the window was closed, or the signal was aborted and everything that was started has ended. */
export async function showConsole(showing: Showing): Promise<void> {
  if (!showing.isWeb) {
    const why = await showWindow(showing)
    if (why === null) return
    showing.say(`  No window: ${why}; the console opens in the browser instead.`)
  }
  await showPage(showing)
}

/** null: it was there, and is closed. Else why it never was. */
async function showWindow({ projectFolder, practice, signal, say, showProgress }: Showing): Promise<string | null> {
  const folder = practiceFolder(projectFolder)
  const { env, platform } = process
  const runtime = await findRuntime(
    { env, platform, uid: process.getuid?.() ?? null },
    {
      packageFolder: join(projectFolder, 'node_modules', 'electron'),
      memoryFile: join(folder, 'electron-fetch.json'),
      now: () => Date.now(),
      signal,
      showProgress,
    },
  )
  if (runtime.kind === 'none') return runtime.why
  await buildWindow(projectFolder, { onProgress: (message) => say(`  ${message}`), signal })
  const logFile = join(folder, 'electron.log')
  const end = await openWindow({
    program: runtime.program,
    projectFolder,
    practiceRows: practice.rows,
    logFile,
    signal,
    onReady: () => {
      say('✓ Console: its window is open (closing it, or Ctrl-C, stops console and database and keeps the data)')
      sayMore(say)
    },
  })
  switch (end.kind) {
    case 'closed':
      return null
    case 'already_open':
      say('The console is open already: its window came to the front.')
      return null
    case 'failed':
      return end.why
    case 'crashed':
      throw new TrancheError('unexpected', `the window is gone: ${end.why}`, {
        remedy: `What was committed stays. See ${logFile}, or start with: npm start -- --web`,
      })
  }
}

async function showPage({ projectFolder, practice, port, logger, signal, say }: Showing): Promise<void> {
  const rendererFolder = await buildPage(projectFolder, (message) => say(`  ${message}`))
  await serveConsole({
    projectFolder,
    rendererFolder,
    practice,
    port,
    logger,
    signal,
    onReady: (url) => {
      say(`✓ Console: ${url}`)
      say('  (this address works once; Ctrl-C stops console and database and keeps the data)')
      sayMore(say)
    },
  })
}

function sayMore(say: Showing['say']): void {
  say('  From the command line: npx tranche list --connection practice')
  say('  SQL by hand: npm run sql -- "SELECT count(*) FROM routes" (docs/practice.md)')
}
