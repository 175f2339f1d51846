/** One page's way to the backend. It survives the backend: calls meanwhile answer `backend_lost`, and the page is told. */
import { MessageChannelMain } from 'electron'
import type { LinkEvent } from '../shared/app-event.ts'
import { type BackendMessage, type ChannelTransport, createChannelTransport } from '../shared/channel-transport.ts'
import type { Transport } from '../shared/rpc.ts'
import type { BackendProcess } from './backend-process.ts'

export interface BackendLink extends Transport {
  /** The page was loaded anew: what belonged to the one before ends. */
  renew(): void
  close(): void
}

export function createBackendLink(backend: Pick<BackendProcess, 'adopt' | 'onStart' | 'onEnd'>): BackendLink {
  const listeners = new Set<(event: unknown) => void>()
  const tell = (event: unknown): void => {
    for (const listener of listeners) listener(event)
  }
  let current = connect()

  function connect(): { readonly transport: ChannelTransport; readonly close: () => void } {
    const { port1, port2 } = new MessageChannelMain()
    const closed = new Set<() => void>()
    const end = (): void => {
      for (const listener of closed) listener()
    }
    const transport = createChannelTransport({
      send: (message) => {
        port1.postMessage(message)
      },
      onMessage: (listener) => {
        port1.on('message', ({ data }) => {
          listener(data as BackendMessage) // our own backend's
        })
      },
      onClose: (listener) => closed.add(listener),
    })
    port1.on('close', end)
    // A killed process may leave its ports open for a while.
    const unlisten = backend.onEnd(end)
    port1.start()
    const unsubscribe = transport.subscribe(tell)
    if (!backend.adopt(port2)) end()
    return {
      transport,
      close() {
        unsubscribe()
        unlisten()
        end()
        port1.close()
      },
    }
  }

  const renew = (): void => {
    current.close()
    current = connect()
  }
  const unlisten = backend.onStart(() => {
    renew()
    tell({ kind: 'backend_back' } satisfies LinkEvent)
  })
  return {
    request: (method, input) => current.transport.request(method, input),
    subscribe(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    renew,
    close() {
      unlisten()
      listeners.clear()
      current.close()
    },
  }
}
