/** The backend over a MessagePort: Electron's, or one of worker_threads. */
import type { BackendMessage } from '../shared/channel-transport.ts'
import type { Backend } from './create-backend.ts'
import { serveChannel } from './serve-channel.ts'

/** What is used of a port; Electron's hands over an event, Node's the message itself. */
export interface ServedPort {
  postMessage(message: BackendMessage): void
  close(): void
  on(event: 'message', listener: (message: unknown) => void): unknown
  on(event: 'close', listener: () => void): unknown
}

export function servePort(backend: Backend, port: ServedPort, read: (message: unknown) => unknown = asItIs): void {
  serveChannel(backend, {
    send: (message) => {
      port.postMessage(message)
    },
    onMessage: (listener) => {
      port.on('message', (message) => {
        listener(read(message))
      })
    },
    onClose: (listener) => void port.on('close', listener),
    refuse: () => {
      port.close()
    },
  })
}

function asItIs(message: unknown): unknown {
  return message
}
