/** What the web host answers over HTTP: the page's files, to whoever was admitted. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { PAGE_HEADERS } from '../../shared/page-headers.ts'
import type { Admission } from './admission.ts'
import { findPageFile } from './page-files.ts'

export async function answerRequest(
  request: IncomingMessage,
  response: ServerResponse,
  { admission, folder }: { readonly admission: Admission; readonly folder: string },
): Promise<void> {
  if (!admission.hasOwnHost(request)) {
    say(response, 403, 'This address is not the console’s.')
    return
  }
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    say(response, 405, 'Only GET.')
    return
  }
  const [path = '/', query = ''] = (request.url ?? '/').split('?', 2)
  const token = new URLSearchParams(query).get('token')
  if (path === '/' && token !== null) {
    admit(request, response, admission, token)
    return
  }
  if (!admission.hasCookie(request)) {
    say(response, 401, 'Open the address that the console printed when it started; each one works once.')
    return
  }
  const file = await findPageFile(folder, path)
  if (file === null) {
    say(response, 404, 'There is no such file.')
    return
  }
  response.writeHead(200, {
    ...PAGE_HEADERS,
    'content-type': file.contentType,
    'content-length': file.bytes.length,
    'cache-control': file.isImmutable ? 'private, max-age=31536000, immutable' : 'no-store',
  })
  response.end(request.method === 'HEAD' ? undefined : file.bytes)
}

/** The token leaves the address bar at once, so that it stays in no history and in no screenshot. */
function admit(request: IncomingMessage, response: ServerResponse, admission: Admission, token: string): void {
  const cookie = admission.redeem(token)
  if (cookie === null && !admission.hasCookie(request)) {
    say(response, 403, 'This address was used before. Ask the console for a new one.')
    return
  }
  const headers = { ...PAGE_HEADERS, 'cache-control': 'no-store', ...(cookie === null ? {} : { 'set-cookie': cookie }) }
  if (request.headers['sec-fetch-site'] !== 'cross-site') {
    response.writeHead(303, { ...headers, location: '/' })
    response.end()
    return
  }
  // From a file or a link: a browser that is sent on from there leaves the cookie at home, and brings it where a page of ours leads.
  response.writeHead(200, { ...headers, 'content-type': 'text/html; charset=utf-8' })
  response.end(request.method === 'HEAD' ? undefined : SENT_ON)
}

const SENT_ON = '<!doctype html><title>Tranche</title><meta http-equiv="refresh" content="0;url=/">\n'

function say(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, {
    ...PAGE_HEADERS,
    'content-type': 'text/plain; charset=utf-8',
    'cache-control': 'no-store',
  })
  response.end(`${text}\n`)
}
