/** A TCP proxy before a PostgreSQL server that loses connections at a chosen moment. The wire and the server are real. */
import { connect, createServer, type AddressInfo, type Socket } from 'node:net'

export interface CuttingProxy {
  readonly port: number
  /**
   * The next time a client sends `text`: 'before' cuts before the server gets it, 'after' lets the server do it and cuts
   * its answer off.
   */
  cutAt(text: string, moment: 'before' | 'after'): Promise<void>
  /** Forgets a cut that is still due. */
  letThrough(): void
  close(): Promise<void>
}

interface Cut {
  readonly text: string
  readonly moment: 'before' | 'after'
  readonly done: () => void
}

export async function startCuttingProxy({
  host,
  port,
  listenOn = 0,
}: {
  readonly host: string
  readonly port: number
  /** 0: any free port. */
  readonly listenOn?: number
}): Promise<CuttingProxy> {
  const open = new Set<Socket>()
  let cut: Cut | null = null
  const server = createServer((client) => {
    const upstream = connect({ host, port })
    let isMuted = false
    const hangUp = (): void => {
      client.destroy()
      upstream.destroy()
      open.delete(client)
      open.delete(upstream)
    }
    for (const socket of [client, upstream]) {
      open.add(socket)
      socket.on('error', hangUp)
      socket.on('close', hangUp)
    }
    client.on('data', (chunk) => {
      const due = cut !== null && chunk.includes(cut.text) ? cut : null
      if (due === null) {
        upstream.write(chunk)
        return
      }
      cut = null
      if (due.moment === 'before') {
        hangUp()
        due.done()
        return
      }
      isMuted = true
      upstream.once('data', () => {
        hangUp()
        due.done()
      })
      upstream.write(chunk)
    })
    upstream.on('data', (chunk) => {
      if (!isMuted) client.write(chunk)
    })
  })
  await new Promise<void>((resolve) => server.listen(listenOn, '127.0.0.1', resolve))
  return {
    port: (server.address() as AddressInfo).port, // an AddressInfo, since it listens on a port
    cutAt: (text, moment) =>
      new Promise((resolve) => {
        cut = { text, moment, done: resolve }
      }),
    letThrough() {
      cut?.done()
      cut = null
    },
    async close() {
      for (const socket of open) socket.destroy()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
