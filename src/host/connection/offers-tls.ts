/** PostgreSQL's SSLRequest: one message that a server answers with S or N before anything else is said. */
import { connect, type Socket } from 'node:net'

const SSL_REQUEST = Buffer.from([0, 0, 0, 8, 4, 210, 22, 47])

/** Whether the server speaks TLS. Rejects when it cannot be reached. */
export async function offersTls(
  { host, port }: { readonly host: string; readonly port: number },
  timeoutMs: number,
): Promise<boolean> {
  const socket = connect({ host, port })
  try {
    return await askForTls(socket, timeoutMs)
  } finally {
    socket.destroy()
  }
}

async function askForTls(socket: Socket, timeoutMs: number): Promise<boolean> {
  return new Promise((resolve, reject) => {
    socket.setTimeout(timeoutMs, () => {
      reject(new Error('timeout expired'))
    })
    socket.once('connect', () => socket.write(SSL_REQUEST))
    socket.once('data', (answer) => {
      resolve(answer[0] === 'S'.charCodeAt(0))
    })
    socket.once('error', reject)
    socket.once('close', () => {
      reject(new Error('Connection terminated unexpectedly'))
    })
  })
}
