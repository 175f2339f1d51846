/** A browser's WebSocket (or Node's) as a channel, and one that is opened again whenever it broke. */
import type { LinkEvent } from './app-event.ts'
import {
  type BackendMessage,
  type Channel,
  type ChannelTransport,
  createChannelTransport,
  LOST,
} from './channel-transport.ts'
import type { Transport } from './rpc.ts'

/** What is used of the platform's WebSocket. */
export interface WebSocketLike {
  send(text: string): void
  close(): void
  addEventListener(type: 'message', listener: (event: { readonly data: unknown }) => void): void
  addEventListener(type: 'open' | 'close' | 'error', listener: () => void): void
}

function webSocketChannel(socket: WebSocketLike): Channel {
  return {
    send: (message) => socket.send(JSON.stringify(message)),
    onMessage(listener) {
      socket.addEventListener('message', ({ data }) => {
        listener(JSON.parse(String(data)) as BackendMessage) // our own backend wrote it
      })
    },
    onClose(listener) {
      socket.addEventListener('close', listener)
    },
  }
}

const WAITS_MS = [250, 500, 1_000, 2_000, 4_000] as const

/** So long a request waits for a connection that is being made: then it is told that there is none. */
const CONNECT_MS = 5_000

/** Connects, and connects again after each loss until it is closed. */
export function createWebSocketTransport(open: () => WebSocketLike): Transport & { close(): void } {
  const listeners = new Set<(event: unknown) => void>()
  const tell = (event: unknown): void => {
    for (const listener of listeners) listener(event)
  }
  let isClosed = false
  let failures = 0
  let socket: WebSocketLike | null = null
  let current: Promise<ChannelTransport> = connect()

  async function connect(): Promise<ChannelTransport> {
    return new Promise((resolve) => {
      const opening = open()
      socket = opening
      let isOpen = false
      opening.addEventListener('open', () => {
        isOpen = true
        const transport = createChannelTransport(webSocketChannel(opening))
        transport.subscribe(tell)
        if (failures > 0) tell({ kind: 'backend_back' } satisfies LinkEvent)
        failures = 0
        resolve(transport)
      })
      opening.addEventListener('close', () => {
        if (isClosed) return
        const wait = WAITS_MS[Math.min(failures, WAITS_MS.length - 1)] ?? 0
        failures += 1
        const again = new Promise<void>((done) => setTimeout(done, wait)).then(connect)
        if (isOpen) current = again
        else again.then(resolve, () => undefined)
      })
      // A failure to connect is followed by `close`, which tries again.
      opening.addEventListener('error', () => undefined)
    })
  }

  return {
    async request(method, input) {
      const transport = await within(CONNECT_MS, current)
      return transport === null ? LOST : transport.request(method, input)
    },
    subscribe(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    close() {
      isClosed = true
      listeners.clear()
      socket?.close()
    },
  }
}

/** null: it took longer. */
async function within<Value>(milliseconds: number, coming: Promise<Value>): Promise<Value | null> {
  const late = Promise.withResolvers<null>()
  const timer = setTimeout(() => late.resolve(null), milliseconds)
  try {
    return await Promise.race([coming, late.promise])
  } finally {
    clearTimeout(timer)
  }
}
