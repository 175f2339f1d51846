/** The way to the backend: what a preload script exposes, else a WebSocket to where the page came from. */
import type { Transport } from '../../../shared/rpc.ts'
import { createWebSocketTransport } from '../../../shared/web-socket-channel.ts'

declare global {
  interface Window {
    readonly backend?: Transport
  }
}

export function openTransport(): Transport {
  if (window.backend !== undefined) return window.backend
  const url = new URL('ws', window.location.href)
  url.protocol = window.location.protocol === 'https:' ? 'wss:' : 'ws:'
  url.search = ''
  url.hash = ''
  return createWebSocketTransport(() => new WebSocket(url))
}
