/** A TCP proxy before a PostgreSQL server that writes down which statements were run, and under which names. */
import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { onTestFinished } from 'vitest'

export interface Executed {
  readonly text: string
  /** That of the prepared statement; '' where it is unnamed. */
  readonly name: string
  /** Statements that were sent at once, up to one Sync, have the same number. */
  readonly flight: number
}

export interface RecordingProxy {
  readonly port: number
  /** In the order in which clients sent them. */
  readonly executed: readonly Executed[]
}

/** `isPooler`: the process id that clients are told is another one than the server's, as a pooler's is. */
export async function startRecordingProxy(
  to: { readonly host: string; readonly port: number },
  { isPooler = false } = {},
): Promise<RecordingProxy> {
  const executed: Executed[] = []
  const flights = { count: 0 }
  const open = new Set<Socket>()
  const server = createServer((client) => {
    const upstream = connect(to)
    for (const socket of [client, upstream]) {
      open.add(socket)
      socket.on('error', () => undefined)
      socket.on('close', () => {
        client.destroy()
        upstream.destroy()
      })
    }
    const read = reader(executed, flights)
    client.on('data', (chunk) => {
      read(chunk)
      upstream.write(chunk)
    })
    upstream.on('data', (chunk) => client.write(isPooler ? withOtherPid(chunk) : chunk))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => {
    for (const socket of open) socket.destroy()
    server.close()
  })
  const { port } = server.address() as AddressInfo // it listens on a port
  return { port, executed }
}

/** Takes the bytes of one client as they come: first its startup, then messages of a letter, a length and a body. */
function reader(executed: Executed[], flights: { count: number }): (chunk: Buffer) => void {
  const texts = new Map<string, string>()
  let rest = Buffer.alloc(0)
  let isStarted = false
  let flight = (flights.count += 1)
  return (chunk) => {
    rest = Buffer.concat([rest, chunk])
    for (;;) {
      const head = isStarted ? 1 : 0
      if (rest.length < head + 4) return
      const end = head + rest.readInt32BE(head)
      if (rest.length < end) return
      const [first = '', second = ''] = rest.toString('utf8', head + 4, end).split('\0')
      const kind = isStarted ? String.fromCharCode(rest[0] ?? 0) : 'startup'
      if (kind === 'P') texts.set(first, second)
      if (kind === 'B') executed.push({ name: second, text: texts.get(second) ?? '', flight })
      if (kind === 'S') flight = flights.count += 1
      isStarted = true
      rest = rest.subarray(end)
    }
  }
}

const KEY_DATA = Buffer.from('K\0\0\0\x0c', 'latin1')

function withOtherPid(chunk: Buffer): Buffer {
  const at = chunk.indexOf(KEY_DATA)
  if (at === -1) return chunk
  const changed = Buffer.from(chunk)
  const pid = at + KEY_DATA.length
  changed.writeInt32BE((changed.readInt32BE(pid) + 1) % 0x7fff_ffff, pid)
  return changed
}
