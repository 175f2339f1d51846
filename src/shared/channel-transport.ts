/**
 * A transport over anything that carries messages both ways: a socket, a port. Requests are numbered; a channel that
 * closes answers what is still open with `backend_lost`, since nobody can say whether it was done.
 */
import type { LinkEvent } from './app-event.ts'
import type { Reply, Transport } from './rpc.ts'

/** What a page sends. */
export interface RequestMessage {
  readonly id: number
  readonly method: string
  readonly input?: unknown
}

/** What the backend sends: an answer, or an event. */
export type BackendMessage = { readonly id: number; readonly reply: Reply } | { readonly event: unknown }

export interface Channel {
  send(message: RequestMessage): void
  onMessage(listener: (message: BackendMessage) => void): void
  onClose(listener: () => void): void
}

export interface ChannelTransport extends Transport {
  readonly isClosed: boolean
}

export function createChannelTransport(channel: Channel): ChannelTransport {
  const pending = new Map<number, (reply: Reply) => void>()
  const listeners = new Set<(event: unknown) => void>()
  let lastId = 0
  let isClosed = false
  const tell = (event: unknown): void => {
    for (const listener of listeners) listener(event)
  }
  channel.onMessage((message) => {
    if ('event' in message) {
      tell(message.event)
      return
    }
    pending.get(message.id)?.(message.reply)
    pending.delete(message.id)
  })
  channel.onClose(() => {
    if (isClosed) return
    isClosed = true
    for (const resolve of pending.values()) resolve(LOST)
    pending.clear()
    tell({ kind: 'backend_lost', message: LOST.error.message } satisfies LinkEvent)
  })
  return {
    get isClosed() {
      return isClosed
    },
    request: async (method, input) => {
      if (isClosed) return LOST
      lastId += 1
      const id = lastId
      return new Promise((resolve) => {
        pending.set(id, resolve)
        channel.send(input === undefined ? { id, method } : { id, method, input })
      })
    },
    subscribe(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
  }
}

/** The answer to whoever asks a backend that is not there. */
export const LOST = {
  ok: false,
  error: {
    code: 'backend_lost',
    message: 'the console lost its backend before it answered',
    remedy: 'Look at the state once it is back: what was committed stays.',
    details: {},
  },
} as const satisfies Reply
