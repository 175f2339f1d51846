/** The backend at one end of a channel: requests are answered, events sent along, and nothing that is sent is believed. */
import { randomUUID } from 'node:crypto'
import { TrancheError, toAppError } from '../shared/errors.ts'
import type { BackendMessage } from '../shared/channel-transport.ts'
import type { Backend } from './create-backend.ts'

export interface ServedChannel {
  send(message: BackendMessage): void
  onMessage(listener: (message: unknown) => void): void
  onClose(listener: () => void): void
  /** What came is no request at all: nothing could answer it. */
  refuse(): void
}

/** One client until the channel closes; what belonged to it ends then. */
export function serveChannel(
  backend: Pick<Backend, 'serve' | 'subscribe' | 'clientGone'>,
  channel: ServedChannel,
): void {
  const clientId = randomUUID()
  const unsubscribe = backend.subscribe((event) => {
    channel.send({ event })
  })
  let isOpen = true
  channel.onClose(() => {
    if (!isOpen) return
    isOpen = false
    unsubscribe()
    backend.clientGone(clientId)
  })
  channel.onMessage((message) => {
    void answer(backend, message, clientId).then((reply) => {
      if (!isOpen) return
      if (reply === null) channel.refuse()
      else channel.send(reply)
    })
  })
}

/** null: it has no number that an answer could carry. */
async function answer(
  { serve }: Pick<Backend, 'serve'>,
  message: unknown,
  clientId: string,
): Promise<BackendMessage | null> {
  const request = readRequest(message)
  if (request === null) return null
  if (!request.isWellFormed) {
    const error = toAppError(new TrancheError('bad_input', 'the message is not a request of this contract'))
    return { id: request.id, reply: { ok: false, error } }
  }
  return { id: request.id, reply: await serve(request.method, request.input, { clientId }) }
}

const KEYS = new Set(['id', 'method', 'input'])

function readRequest(message: unknown): {
  readonly id: number
  readonly method: unknown
  readonly input: unknown
  readonly isWellFormed: boolean
} | null {
  if (typeof message !== 'object' || message === null) return null
  const { id, method, input } = message as { id?: unknown; method?: unknown; input?: unknown } // each is checked
  if (typeof id !== 'number' || !Number.isSafeInteger(id)) return null
  return { id, method, input, isWellFormed: Object.keys(message).every((key) => KEYS.has(key)) }
}
