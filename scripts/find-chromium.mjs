import { existsSync } from 'node:fs'
import { join } from 'node:path'

const PLACES = [
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  join(process.env.ProgramFiles ?? 'C:\\Program Files', 'Google/Chrome/Application/chrome.exe'),
]

/** What to do where there is none. */
export const CHROMIUM_REMEDY =
  'Install it (Debian: apt-get install chromium), or name one of your own in TRANCHE_CHROMIUM.'

/**
 * The browser for the tests of the page: the one that TRANCHE_CHROMIUM names, else the machine's own. None is downloaded.
 *
 * @returns {string | null}
 */
export function findChromium() {
  const named = process.env.TRANCHE_CHROMIUM ?? ''
  const candidates = named === '' ? PLACES : [named]
  return candidates.find((path) => existsSync(path)) ?? null
}
