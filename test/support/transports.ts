/** The three ways to the same backend. Every message that leaves it is kept as text, for the canary. */
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { randomUUID } from 'node:crypto'
import { MessageChannel } from 'node:worker_threads'
import { onTestFinished } from 'vitest'
import { WebSocket } from 'ws'
import type { Backend } from '../../src/host/create-backend.ts'
import { servePort } from '../../src/host/serve-port.ts'
import { startWebHost, type WebHost, type WebHostOptions } from '../../src/host/web.ts'
import { type BackendMessage, createChannelTransport } from '../../src/shared/channel-transport.ts'
import type { Transport } from '../../src/shared/rpc.ts'
import { createWebSocketTransport } from '../../src/shared/web-socket-channel.ts'
import { silentLogger } from './engine-ports.ts'
import { temporaryFolder } from './temporary-folder.ts'

export interface TestedTransport {
  readonly transport: Transport
  /** Everything that the page was sent, as text. */
  readonly sent: readonly string[]
}

export type TransportName = 'in-process' | 'MessagePort' | 'WebSocket'

export const TRANSPORTS: readonly TransportName[] = ['in-process', 'MessagePort', 'WebSocket']

export async function openTransport(name: TransportName, backend: Backend): Promise<TestedTransport> {
  const sent: string[] = []
  const transport = await opened(name, backend)
  transport.subscribe((event) => {
    sent.push(JSON.stringify(event))
  })
  return {
    sent,
    transport: {
      ...transport,
      async request(method, input) {
        const reply = await transport.request(method, input)
        sent.push(JSON.stringify(reply))
        return reply
      },
    },
  }
}

async function opened(name: TransportName, backend: Backend): Promise<Transport> {
  switch (name) {
    case 'in-process':
      return inProcess(backend)
    case 'MessagePort':
      return overPort(backend)
    case 'WebSocket':
      return overSocket((await startTestWebHost(backend)).host)
  }
}

function inProcess(backend: Backend): Transport {
  const clientId = randomUUID()
  return {
    request: (method, input) => backend.serve(method, input, { clientId }),
    subscribe: (listener) => backend.subscribe(listener),
  }
}

function overPort(backend: Backend): Transport {
  const { port1, port2 } = new MessageChannel()
  servePort(backend, port1)
  onTestFinished(() => {
    port2.close()
  })
  return createChannelTransport({
    send: (message) => {
      port2.postMessage(message)
    },
    onMessage: (listener) => {
      port2.on('message', (message: BackendMessage) => {
        listener(message)
      })
    },
    onClose: (listener) => {
      port2.on('close', listener)
    },
  })
}

/** A web host over a page of the test's own. */
export async function startTestWebHost(
  backend: Backend,
  options: Pick<WebHostOptions, 'port' | 'heartbeatMs'> = {},
): Promise<{ readonly host: WebHost; readonly rendererFolder: string }> {
  const rendererFolder = join(await temporaryFolder(), 'renderer')
  await mkdir(join(rendererFolder, 'assets'), { recursive: true })
  await writeFile(join(rendererFolder, 'index.html'), '<!doctype html><title>Tranche</title>')
  await writeFile(join(rendererFolder, 'assets', 'page-1a2b.js'), 'export {}')
  await writeFile(join(rendererFolder, '..', 'secret.json'), '{"secret":true}')
  const host = await startWebHost({ backend, rendererFolder, logger: silentLogger, ...options })
  onTestFinished(() => host.close())
  return { host, rendererFolder }
}

/** The cookie that a browser gets for the address. */
export async function visit(host: WebHost): Promise<string> {
  const response = await fetch(host.url(), { redirect: 'manual' })
  const [cookie = ''] = (response.headers.get('set-cookie') ?? '').split(';')
  return cookie
}

async function overSocket(host: WebHost): Promise<Transport> {
  const cookie = await visit(host)
  const origin = `http://127.0.0.1:${String(host.port)}`
  const transport = createWebSocketTransport(
    () => new WebSocket(`ws://127.0.0.1:${String(host.port)}/ws`, { headers: { cookie, origin } }),
  )
  onTestFinished(() => {
    transport.close()
  })
  return transport
}
