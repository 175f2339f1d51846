/** Places of the console as hashes, `#/<connection>/<page>/<subject>/<detail>`: a reload keeps the place. */
export const PAGES = [
  'connections',
  'catalogue',
  'queue',
  'runs',
  'run',
  'failures',
  'verify',
  'finalize',
  'stepped',
  'history',
  'settings',
] as const

export type PageName = (typeof PAGES)[number]

export interface Route {
  /** The connection that decides the environment of the window. */
  readonly connectionId: string | null
  readonly page: PageName
  /** A migration id, a job class name, a connection: what the page is about. */
  readonly subject: string | null
  readonly detail: string | null
}

export function parseRoute(hash: string): Route | null {
  const [connection = '', page = '', subject = '', detail = ''] = hash.replace(/^#?\/?/, '').split('/')
  const name = PAGES.find((known) => known === page)
  if (name === undefined) return null
  return {
    connectionId: connection === '-' ? null : decode(connection),
    page: name,
    subject: decode(subject),
    detail: decode(detail),
  }
}

export function hashOf({ connectionId, page, subject, detail }: Route): string {
  const parts = [connectionId ?? '-', page, ...[subject, detail].filter((part) => part !== null)]
  return `#/${parts.map((part) => encodeURIComponent(part)).join('/')}`
}

/** Where Esc goes; null: nowhere. */
export function parentOf(route: Route): Route | null {
  if (route.detail !== null) return { ...route, detail: null }
  switch (route.page) {
    case 'queue':
      return { ...route, page: 'catalogue' }
    case 'run':
    case 'failures':
    case 'verify':
    case 'finalize':
      return route.subject === null ? null : { ...route, page: 'runs', subject: null }
    default:
      return null
  }
}

function decode(part: string): string | null {
  if (part === '') return null
  try {
    return decodeURIComponent(part)
  } catch {
    return part // typed by hand: taken as it stands
  }
}
