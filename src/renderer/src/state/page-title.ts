import type { PageName, Route } from './route.ts'

const NAMES: Readonly<Record<PageName, string>> = {
  connections: 'Connections',
  catalogue: 'Catalogue',
  queue: 'Queue',
  runs: 'Runs',
  run: 'Run',
  failures: 'Failures',
  verify: 'Verify',
  finalize: 'Finalize',
  stepped: 'Stepped',
  history: 'History',
  settings: 'Settings',
}

/** Read from a list of windows, which cuts the end of it: the environment first, then the page and what it is about. */
export function pageTitle(
  { page, subject }: Pick<Route, 'page' | 'subject'>,
  connection: { readonly environment: string; readonly name: string } | null,
  /** Of the migration that the page is about; null: it is about none. */
  jobClassName: string | null,
): string {
  const about = page === 'queue' ? subject : jobClassName
  const place = about === null ? NAMES[page] : `${NAMES[page]} ${about}`
  return connection === null
    ? `${place} — Tranche`
    : `${connection.environment.toUpperCase()} ${connection.name} · ${place} — Tranche`
}

/** Pages that are another one where they are about something else; lists keep their place when a row is chosen. */
const ABOUT_ONE = new Set<PageName>(['queue', 'run', 'failures', 'verify', 'finalize'])

/** Names the page: where it changes, the focus goes to the heading. */
export function pageKey({ connectionId, page, subject }: Route): string {
  return [connectionId, page, ABOUT_ONE.has(page) ? subject : ''].join(' ')
}
