/** `GET /metrics` on this machine's own address, for a Prometheus beside it. Nothing else is answered. */
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { messageOf, TrancheError } from '../../shared/errors.ts'

const ADDRESS = '127.0.0.1'

export interface MetricsServer {
  readonly url: string
  close(): Promise<void>
}

/** Port 0: any free one. Throws usage where the port is taken. */
export async function serveMetrics(port: number, text: () => string): Promise<MetricsServer> {
  const server = createServer((request, response) => {
    const path = request.url?.split('?')[0]
    if (path !== '/metrics') {
      response.writeHead(404, { 'content-type': 'text/plain' }).end('metrics are at /metrics\n')
      return
    }
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      response.writeHead(405, { allow: 'GET, HEAD' }).end()
      return
    }
    response.writeHead(200, { 'content-type': 'text/plain; version=0.0.4; charset=utf-8' })
    response.end(request.method === 'HEAD' ? '' : text())
  })
  server.listen(port, ADDRESS)
  try {
    await once(server, 'listening')
  } catch (error) {
    throw new TrancheError('usage', `the port ${String(port)} cannot be listened on: ${messageOf(error)}`, {
      remedy: 'Give --metrics a free port.',
      cause: error,
    })
  }
  const { port: bound } = server.address() as AddressInfo // a TCP server's, once it listens
  return {
    url: `http://${ADDRESS}:${String(bound)}/metrics`,
    async close() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}
