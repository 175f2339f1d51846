/** The way to the backend: what a preload script exposes, else a WebSocket to where the page came from. */
import type { Transport } from '../../../shared/rpc.ts'
import { createWebSocketTransport } from '../../../shared/web-socket-channel.ts'
import type { WindowBridge } from '../../../shared/window-bridge.ts'

declare global {
  interface Window {
    /** Put there by the preload script of Electron's window. */
    readonly tranche?: WindowBridge
  }
}

/** In a window of ours the backend is started again under the page; a browser's tab may have lost it for good. */
export const isInWindow = (): boolean => window.tranche !== undefined

export function openTransport(): Transport {
  if (window.tranche !== undefined) return window.tranche
  const url = new URL('ws', window.location.href)
  url.protocol = window.location.protocol === 'https:' ? 'wss:' : 'ws:'
  url.search = ''
  url.hash = ''
  return createWebSocketTransport(() => new WebSocket(url))
}
