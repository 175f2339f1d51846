/**
 * PostgreSQL with the real pgvector, behind a port: PGlite speaks the wire protocol but has no server, so each complete
 * message is handed to it. It is one session, whoever connects: enough for DDL, useless for races.
 */
import { once } from 'node:events'
import { createServer, type Socket } from 'node:net'
import { PGlite } from '@electric-sql/pglite'
import { vector } from '@electric-sql/pglite-pgvector'
import { onTestFinished } from 'vitest'

export interface PgvectorServer {
  /** As an adapter is named. */
  readonly address: string
  readonly query: (text: string) => Promise<Record<string, unknown>[]>
  /** Drops its clients and refuses new ones, until `start`. */
  stop(): Promise<void>
  start(): Promise<void>
}

/** Stopped when the test is over. */
export async function startPgvectorServer(): Promise<PgvectorServer> {
  const database = await PGlite.create({ extensions: { vector } })
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
    socket.on('error', () => undefined)
    speak(socket, database)
  })
  let port = 0
  const start = async (): Promise<void> => {
    server.listen(port, '127.0.0.1')
    await once(server, 'listening')
    const address = server.address()
    port = typeof address === 'object' && address !== null ? address.port : 0
  }
  const stop = async (): Promise<void> => {
    const closed = once(server, 'close')
    server.close()
    for (const socket of sockets) socket.destroy()
    await closed
  }
  await start()
  onTestFinished(async () => {
    if (server.listening) await stop()
    await database.close()
  })
  return {
    address: `postgres://postgres@127.0.0.1:${String(port)}/postgres?sslmode=disable`,
    query: async (text) => (await database.query<Record<string, unknown>>(text)).rows,
    stop,
    start,
  }
}

function speak(socket: Socket, database: PGlite): void {
  let received = Buffer.alloc(0)
  let hasStarted = false
  let answered: Promise<void> = Promise.resolve()
  socket.on('data', (chunk) => {
    received = Buffer.concat([received, typeof chunk === 'string' ? Buffer.from(chunk) : chunk])
    for (;;) {
      // The startup message alone has no type byte before its length.
      const lengthAt = hasStarted ? 1 : 0
      if (received.length < lengthAt + 4) return
      const end = lengthAt + received.readInt32BE(lengthAt)
      if (received.length < end) return
      const message = new Uint8Array(received.subarray(0, end))
      received = received.subarray(end)
      if (hasStarted && message[0] === TERMINATE) return
      hasStarted = true
      answered = answered.then(async () => {
        const answer = await database.execProtocolRaw(message)
        if (!socket.destroyed) socket.write(answer)
      })
    }
  })
}

const TERMINATE = 'X'.charCodeAt(0)
