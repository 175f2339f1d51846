/** PostgreSQL's SSLRequest: one message that a server answers with S or N before anything else is said. */
import type { Socket } from 'node:net'
import { openSocket, type SocketPlace } from './open-socket.ts'

const SSL_REQUEST = Buffer.from([0, 0, 0, 8, 4, 210, 22, 47])

/** Whether the server speaks TLS. Rejects when it cannot be reached. */
export async function offersTls(place: SocketPlace, timeoutMs: number): Promise<boolean> {
  const socket = await openSocket(place, timeoutMs)
  try {
    return await askForTls(socket)
  } finally {
    socket.destroy()
  }
}

/** The same on an open socket; where it answers true, the next bytes on it are those of TLS. */
export async function askForTls(socket: Socket): Promise<boolean> {
  return new Promise((resolve, reject) => {
    socket.once('timeout', () => {
      reject(new Error('timeout expired'))
    })
    socket.once('data', (answer) => {
      const said = answer.toString('latin1')
      if (said === 'S' || said === 'N') resolve(said === 'S')
      else reject(new Error(whyNoAnswer(said)))
    })
    socket.once('error', reject)
    socket.once('close', () => {
      reject(new Error('Connection terminated unexpectedly'))
    })
    socket.write(SSL_REQUEST)
  })
}

function whyNoAnswer(said: string): string {
  // Behind an S in the clear: it may be anybody's, and must not be taken for the server's.
  if (said.startsWith('S')) return 'something unencrypted came behind the answer that TLS follows'
  return said.startsWith('E')
    ? 'the server answered with an error when it was asked for TLS'
    : 'what listens there does not speak PostgreSQL’s protocol'
}
