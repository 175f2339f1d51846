/**
 * A TCP proxy that holds everything up in both directions, in a process of its own:
 * `node bench/delay-proxy.ts HOST PORT MILLISECONDS` adds MILLISECONDS to a round trip. Prints its port.
 */
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { performance } from 'node:perf_hooks'

const [host = '127.0.0.1', port = '5432', milliseconds = '2'] = process.argv.slice(2)
const oneWayMs = Number(milliseconds) / 2
const NAP_MS = 0.1

const nap = new Int32Array(new SharedArrayBuffer(4))

/**
 * In order, and not before their time. Timers are too coarse for the last millisecond, and waiting for it awake would take a
 * core from those who are measured: it is slept through in naps, between which what arrives is taken in.
 */
function delay(from: Socket, to: Socket): void {
  const held: { readonly dueMs: number; readonly chunk: Buffer }[] = []
  const release = (): void => {
    for (;;) {
      const [first] = held
      if (first === undefined) return
      const leftMs = first.dueMs - performance.now()
      if (leftMs > 0) {
        Atomics.wait(nap, 0, 0, Math.min(leftMs, NAP_MS))
        setImmediate(release)
        return
      }
      held.shift()
      to.write(first.chunk)
    }
  }
  from.on('data', (chunk) => {
    held.push({ dueMs: performance.now() + oneWayMs, chunk })
    if (held.length === 1) setTimeout(release, Math.max(0, oneWayMs - 2))
  })
  from.on('close', () => to.destroy())
  from.on('error', () => to.destroy())
}

const server = createServer((client) => {
  const upstream = connect({ host, port: Number(port), noDelay: true })
  client.setNoDelay(true)
  delay(client, upstream)
  delay(upstream, client)
})
server.listen(0, '127.0.0.1', () => {
  process.stdout.write(`${String((server.address() as AddressInfo).port)}\n`)
})
