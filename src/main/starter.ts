/** Whoever started us (`npm start`): it is told when the window is there, and we end with it. */
import { WINDOW_LINES } from '../shared/window-bridge.ts'

const PARENT_CHECK_MS = 1_000
const SIGNALS: readonly NodeJS.Signals[] = ['SIGINT', 'SIGTERM', 'SIGHUP']

export function tellStarter(what: keyof typeof WINDOW_LINES): void {
  process.stdout.write(`${WINDOW_LINES[what]}\n`)
}

/** `quit` is called at a signal, and when a starter that said it waits for us is gone. */
export function endWithStarter(quit: () => void, env: NodeJS.ProcessEnv = process.env): void {
  for (const signal of SIGNALS) process.on(signal, quit)
  // Its terminal may be closed before us.
  process.stdout.on('error', () => undefined)
  if (env.TRANCHE_STARTED_BY_NPM !== '1') return
  const starter = process.ppid
  const timer = setInterval(() => {
    if (process.ppid === starter) return
    clearInterval(timer)
    quit()
  }, PARENT_CHECK_MS)
  timer.unref()
}
