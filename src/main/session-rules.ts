/** What a page may ask of the system and of the network: to put text on the clipboard, and its own files. */
import type { Session } from 'electron'
import { PAGE_ORIGIN } from './app-protocol.ts'

const ALLOWED_PERMISSION = 'clipboard-sanitized-write'

export function restrictSession(session: Session, { isDiagnosing }: { readonly isDiagnosing: boolean }): void {
  session.setPermissionRequestHandler((_contents, permission, callback, { requestingUrl }) => {
    callback(permission === ALLOWED_PERMISSION && originOf(requestingUrl) === PAGE_ORIGIN)
  })
  session.setPermissionCheckHandler(
    (_contents, permission, requestingOrigin) =>
      permission === ALLOWED_PERMISSION && originOf(requestingOrigin) === PAGE_ORIGIN,
  )
  session.setDevicePermissionHandler(() => false)
  session.setDisplayMediaRequestHandler((_request, callback) => {
    callback({})
  })
  // The page has no network: databases are reached by the backend, and links open nothing.
  session.webRequest.onBeforeRequest(({ url }, callback) => {
    callback({ cancel: !(isOfPage(url) || (isDiagnosing && url.startsWith('devtools://'))) })
  })
}

/** A report that is saved is a blob of the page's. */
function isOfPage(url: string): boolean {
  return originOf(url.startsWith('blob:') ? url.slice('blob:'.length) : url) === PAGE_ORIGIN
}

/** URL.origin is "null" for schemes that it does not know. */
function originOf(url: string): string | null {
  try {
    const { protocol, host } = new URL(url)
    return `${protocol}//${host}`
  } catch {
    return null
  }
}
