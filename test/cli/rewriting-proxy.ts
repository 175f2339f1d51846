import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import type { ServerConnection } from '../../src/host/postgres/server-login.ts'

export interface RewritingProxy {
  readonly connection: ServerConnection
  close(): Promise<void>
}

/** A way to the server that changes its answers: it can be made to look like one that nobody has at hand. */
export async function openRewritingProxy(
  to: ServerConnection,
  rewrite: (answer: string) => string,
): Promise<RewritingProxy> {
  const sockets = new Set<Socket>()
  const server = createServer((client) => {
    const upstream = connect(to.port, to.host)
    for (const socket of [client, upstream]) {
      sockets.add(socket)
      socket.on('error', () => undefined)
      socket.on('close', () => {
        client.destroy()
        upstream.destroy()
      })
    }
    client.pipe(upstream)
    // latin1 keeps each byte one character.
    upstream.on('data', (bytes) => client.write(rewrite(bytes.toString('latin1')), 'latin1'))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo // it listens on a port
  return {
    connection: { ...to, host: '127.0.0.1', port },
    async close() {
      for (const socket of sockets) socket.destroy()
      server.close()
      await once(server, 'close')
    },
  }
}

/** The first fields of the row of server facts: version number, version, pg_is_in_recovery(). */
const FACTS = /(\0\0\0\x06)(\d{6})(\0\0\0[^\0][^\0]+\0\0\0\x01)(f)/ // eslint-disable-line no-control-regex -- the wire's own

export function asStandby(answer: string): string {
  return answer.replace(FACTS, '$1$2$3t')
}

export function asVersion13(answer: string): string {
  return answer.replace(
    FACTS,
    (_, length: string, _number, rest: string, standby: string) => `${length}130021${rest}${standby}`,
  )
}
