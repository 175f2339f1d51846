/** The way to a server before PostgreSQL is spoken: name resolution and TCP, or the socket of a folder. */
import { connect, type Socket } from 'node:net'

export interface SocketPlace {
  /** Name, address, or the folder of a socket. */
  readonly host: string
  readonly port: number
}

/** Rejects when nobody answers, or not within `timeoutMs`. Who opens it destroys it. */
export async function openSocket(place: SocketPlace, timeoutMs: number): Promise<Socket> {
  const socket = connect(place.host.startsWith('/') ? { path: socketPath(place) } : place)
  return new Promise((resolve, reject) => {
    const fail = (error: Error): void => {
      socket.destroy()
      reject(error)
    }
    socket.setTimeout(timeoutMs, () => {
      fail(new Error('timeout expired'))
    })
    socket.once('error', fail)
    socket.once('connect', () => {
      socket.off('error', fail)
      // Whatever breaks later is told to whoever waits for something then.
      socket.on('error', () => undefined)
      resolve(socket)
    })
  })
}

/** As PostgreSQL names it. */
export function socketPath({ host, port }: SocketPlace): string {
  return `${host}/.s.PGSQL.${String(port)}`
}
