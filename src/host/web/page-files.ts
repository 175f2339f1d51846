/** Files of the built page, and nothing beside its folder. */
import { readFile, realpath, stat } from 'node:fs/promises'
import { extname, join, sep } from 'node:path'

export interface PageFile {
  readonly bytes: Buffer
  readonly contentType: string
  /** Its name has a hash of its content. */
  readonly isImmutable: boolean
}

const CONTENT_TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.ico': 'image/x-icon',
  '.woff2': 'font/woff2',
  '.map': 'application/json; charset=utf-8',
}

/** null: there is no such file, or it is none of the page's. `path` is that of the URL, still encoded. */
export async function findPageFile(folder: string, path: string): Promise<PageFile | null> {
  const name = decodePath(path)
  if (name === null) return null
  const contentType = CONTENT_TYPES[extname(name)]
  if (contentType === undefined) return null
  try {
    const root = await realpath(folder)
    // Links are followed first: one that leads outside is no file of the page.
    const file = await realpath(join(root, name))
    if (!file.startsWith(root + sep) || !(await stat(file)).isFile()) return null
    return { bytes: await readFile(file), contentType, isImmutable: name.startsWith('/assets/') }
  } catch {
    return null
  }
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
