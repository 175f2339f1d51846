/** Which file of the built page a path of a URL means. Whoever serves it still has to follow links before reading. */

export interface PageFileName {
  /** Below the page's folder; begins with a slash. */
  readonly name: string
  readonly contentType: string
  /** Its name has a hash of its content. */
  readonly isImmutable: boolean
}

const CONTENT_TYPES: Readonly<Record<string, string>> = {
  html: 'text/html; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
  css: 'text/css; charset=utf-8',
  json: 'application/json; charset=utf-8',
  svg: 'image/svg+xml',
  png: 'image/png',
  ico: 'image/x-icon',
  woff2: 'font/woff2',
  map: 'application/json; charset=utf-8',
}

/** null: no file of a page has such a name. `path` is that of the URL, still encoded. */
export function readPageFileName(path: string): PageFileName | null {
  const name = decodePath(path)
  if (name === null) return null
  const ending = /\.(\w+)$/.exec(name)?.[1] ?? ''
  if (!Object.hasOwn(CONTENT_TYPES, ending)) return null
  return { name, contentType: CONTENT_TYPES[ending] ?? '', isImmutable: name.startsWith('/assets/') }
}

function decodePath(path: string): string | null {
  try {
    const decoded = decodeURIComponent(path === '/' ? '/index.html' : path)
    const isPlain = decoded.startsWith('/') && !/[\\\0]/.test(decoded)
    return isPlain && !decoded.split('/').some((part) => part === '..' || part.startsWith('.')) ? decoded : null
  } catch {
    return null
  }
}
