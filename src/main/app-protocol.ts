/** The page's own scheme: files of one folder, under the policy of page-headers.ts, and nothing else. */
import { protocol, type Session } from 'electron'
import { readFile, realpath, stat } from 'node:fs/promises'
import { join, sep } from 'node:path'
import { readPageFileName } from '../shared/page-file-name.ts'
import { PAGE_HEADERS } from '../shared/page-headers.ts'

const SCHEME = 'app'
const HOST = 'console'
export const PAGE_ORIGIN = `${SCHEME}://${HOST}`
export const PAGE_URL = `${PAGE_ORIGIN}/index.html`

/** Must come before Electron is ready. */
export function registerPageScheme(): void {
  protocol.registerSchemesAsPrivileged([
    { scheme: SCHEME, privileges: { standard: true, secure: true, supportFetchAPI: true, stream: true } },
  ])
}

export function servePage(session: Session, folder: string): void {
  session.protocol.handle(SCHEME, (request) => answer(request, folder))
}

async function answer({ url, method }: Pick<Request, 'url' | 'method'>, folder: string): Promise<Response> {
  const { host, pathname } = new URL(url)
  if (host !== HOST) return say(404, 'This address is not the console’s.')
  if (method !== 'GET' && method !== 'HEAD') return say(405, 'Only GET.')
  const file = await findFile(folder, pathname)
  if (file === null) return say(404, 'There is no such file.')
  return new Response(method === 'HEAD' ? null : new Uint8Array(file.bytes), {
    headers: { ...PAGE_HEADERS, 'content-type': file.contentType, 'cache-control': 'no-store' },
  })
}

async function findFile(
  folder: string,
  path: string,
): Promise<{ readonly bytes: Buffer; readonly contentType: string } | null> {
  const named = readPageFileName(path)
  if (named === null) return null
  try {
    const root = await realpath(folder)
    // Links are followed first: one that leads outside is no file of the page.
    const file = await realpath(join(root, named.name))
    if (!file.startsWith(root + sep) || !(await stat(file)).isFile()) return null
    return { bytes: await readFile(file), contentType: named.contentType }
  } catch {
    return null
  }
}

function say(status: number, text: string): Response {
  const headers = { ...PAGE_HEADERS, 'content-type': 'text/plain; charset=utf-8', 'cache-control': 'no-store' }
  return new Response(`${text}\n`, { status, headers })
}
