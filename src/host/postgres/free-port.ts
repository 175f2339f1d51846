import { createServer } from 'node:net'
import { TrancheError } from '../../shared/errors.ts'
import { HOST } from './server-login.ts'

export interface PortRange {
  readonly first: number
  readonly count: number
}

/** The first port of the range that nobody listens on now. */
export async function findFreePort({ first, count }: PortRange): Promise<number> {
  for (let port = first; port < first + count && port < 65_536; port += 1) {
    if (await isFree(port)) return port
  }
  throw new TrancheError('unexpected', `All ports from ${String(first)} to ${String(first + count - 1)} are in use.`, {
    remedy: 'End one of the programs that listen there.',
  })
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer()
    server.once('error', () => {
      resolve(false)
    })
    server.listen({ host: HOST, port, exclusive: true }, () => {
      server.close(() => {
        resolve(true)
      })
    })
  })
}
