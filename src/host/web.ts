/** The web host: the built page and the contract over a WebSocket, on this machine's own address alone. */
import { once } from 'node:events'
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Duplex } from 'node:stream'
import { type RawData, type WebSocket, WebSocketServer } from 'ws'
import type { Logger } from '../engine/ports.ts'
import { messageOf, TrancheError } from '../shared/errors.ts'
import { MAX_REQUEST_BYTES } from '../shared/rpc.ts'
import type { Backend } from './create-backend.ts'
import { serveChannel } from './serve-channel.ts'
import { createAdmission } from './web/admission.ts'
import { answerRequest } from './web/answer-request.ts'
import { watchPeers } from './web/watch-peers.ts'

const ADDRESS = '127.0.0.1'
const SOCKET_PATH = '/ws'
/** The envelope around an input. */
const ENVELOPE_BYTES = 1_024
/** RFC 6455: the data is not what the endpoint accepts. */
const UNSUPPORTED_DATA = 1003
const HEARTBEAT_MS = 30_000

export interface WebHostOptions {
  readonly backend: Backend
  /** The built page. */
  readonly rendererFolder: string
  readonly logger: Logger
  /** 0 (default): any free one. */
  readonly port?: number
  /** How often a socket is asked whether somebody is there (30 s). */
  readonly heartbeatMs?: number
}

export interface WebHost {
  readonly port: number
  /** An address that works for one visit; ask again for a second browser. */
  url(): string
  /** Ends sockets and server; the backend is the caller's to close. */
  close(): Promise<void>
}

/** Throws usage where the port is taken. */
export async function startWebHost(options: WebHostOptions): Promise<WebHost> {
  const { backend, rendererFolder, logger, port = 0, heartbeatMs = HEARTBEAT_MS } = options
  let listening = port
  const admission = createAdmission(() => listening)
  const server = createServer((request, response) => {
    answerRequest(request, response, { admission, folder: rendererFolder }).catch((error: unknown) => {
      logger.log('error', 'a request was not answered', { message: String(error) })
      response.destroy()
    })
  })
  const sockets = new WebSocketServer({ noServer: true, maxPayload: MAX_REQUEST_BYTES + ENVELOPE_BYTES })
  server.on('clientError', (error, socket) => {
    logger.log('debug', 'no request', { message: error.message })
    if (socket.writable) socket.end('HTTP/1.1 400 Bad Request\r\nconnection: close\r\n\r\n')
    else socket.destroy()
  })
  server.on('upgrade', (request, socket, head) => {
    // From here on the socket is ours alone: without a listener whoever breaks it off would end this process.
    socket.on('error', (error) => {
      logger.log('debug', 'a connection was broken off', { message: error.message })
    })
    const isWelcome = admission.hasOwnHost(request) && admission.hasOwnOrigin(request) && admission.hasCookie(request)
    if (!isWelcome || request.url !== SOCKET_PATH) {
      refuse(request, socket, logger)
      return
    }
    sockets.handleUpgrade(request, socket, head, (webSocket) => {
      serveSocket(backend, webSocket, logger)
    })
  })
  await listen(server, port)
  server.on('error', (error) => {
    logger.log('error', 'the web host', { message: error.message })
  })
  listening = (server.address() as AddressInfo).port // an AddressInfo, since it listens on a port
  const stopWatching = watchPeers(sockets, heartbeatMs)
  return {
    port: listening,
    url: () => `http://${ADDRESS}:${String(listening)}/?token=${admission.issueToken()}`,
    async close() {
      stopWatching()
      for (const client of sockets.clients) client.terminate()
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

async function listen(server: ReturnType<typeof createServer>, port: number): Promise<void> {
  server.listen(port, ADDRESS)
  try {
    await once(server, 'listening')
  } catch (cause) {
    const isTaken = cause instanceof Error && 'code' in cause && cause.code === 'EADDRINUSE'
    const why = isTaken ? 'is taken by another program' : `cannot be listened on: ${messageOf(cause)}`
    throw new TrancheError('usage', `port ${String(port)} of ${ADDRESS} ${why}`, {
      remedy: 'Name another one, or leave it out for any free one.',
      cause,
    })
  }
}

function refuse(request: IncomingMessage, socket: Duplex, logger: Logger): void {
  logger.log('warn', 'a socket was refused', {
    host: request.headers.host ?? null,
    origin: request.headers.origin ?? null,
  })
  socket.end('HTTP/1.1 403 Forbidden\r\nconnection: close\r\n\r\n')
}

function serveSocket(backend: Backend, socket: WebSocket, logger: Logger): void {
  // A message that is too long, or no frame at all: ws closes the socket by itself.
  socket.on('error', (error) => {
    logger.log('warn', 'socket', { message: error.message })
  })
  serveChannel(backend, {
    send: (message) => {
      socket.send(JSON.stringify(message))
    },
    onMessage: (listener) => {
      socket.on('message', (data, isBinary) => {
        listener(isBinary ? undefined : parse(data))
      })
    },
    onClose: (listener) => socket.on('close', listener),
    refuse: () => {
      socket.close(UNSUPPORTED_DATA, 'expected one request as JSON')
    },
  })
}

function parse(data: RawData): unknown {
  try {
    return JSON.parse(asBuffer(data).toString('utf8'))
  } catch {
    return undefined
  }
}

function asBuffer(data: RawData): Buffer {
  if (Array.isArray(data)) return Buffer.concat(data)
  return data instanceof ArrayBuffer ? Buffer.from(data) : data
}
