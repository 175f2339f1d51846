/**
 * `npm run dev:web`: the console's page from Vite, so that a change of it shows at once, in front of the real backend with the
 * practice database. Ctrl-C stops all of it.
 */
import { fileURLToPath } from 'node:url'
import { createServer, type ProxyOptions } from 'vite'
import { createBackend } from '../src/host/create-backend.ts'
import { openPractice } from '../src/host/practice/open-practice.ts'
import { startWebHost } from '../src/host/web.ts'
import type { Logger } from '../src/engine/ports.ts'

const ROOT = fileURLToPath(new URL('..', import.meta.url))
const ADDRESS = '127.0.0.1'
const PORT = 5_173

const say = (line: string): void => {
  process.stdout.write(`${line}\n`)
}
const logger: Logger = {
  log: (level, event, fields) => {
    if (level === 'warn' || level === 'error') say(`  ${event}: ${JSON.stringify(fields ?? {})}`)
  },
}

const stop = new AbortController()
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => stop.abort(new Error(signal)))

const practice = await openPractice({
  projectFolder: ROOT,
  isReset: false,
  logger,
  onProgress: (message) => say(`  ${message}`),
  signal: stop.signal,
})
const backend = await createBackend({ logger, projectFolder: ROOT, practice })
// Its page is not used: sockets alone are passed on to it.
const host = await startWebHost({ backend, rendererFolder: `${ROOT}/src/renderer`, logger })
const vite = await createServer({
  configFile: `${ROOT}/vite.renderer.config.ts`,
  server: { host: ADDRESS, port: PORT, strictPort: true, proxy: { '/ws': await passOn(host.port, host.url()) } },
})
await vite.listen()
vite.printUrls()
await new Promise<void>((resolve) => {
  if (stop.signal.aborted) resolve()
  stop.signal.addEventListener('abort', () => {
    resolve()
  })
})
await vite.close()
await host.close()
await backend.close()
await practice.close()

/** With the cookie of a browser that was let in. The origin is ours only where it was Vite's: a foreign page stays one. */
async function passOn(port: number, url: string): Promise<ProxyOptions> {
  const own = `http://${ADDRESS}:${String(port)}`
  const admitted = await fetch(url, { redirect: 'manual' })
  const [cookie = ''] = (admitted.headers.get('set-cookie') ?? '').split(';')
  return {
    target: own,
    ws: true,
    changeOrigin: true,
    configure: (proxy) => {
      proxy.on('proxyReqWs', (outgoing, { headers }) => {
        outgoing.setHeader('cookie', cookie)
        if (headers.origin === `http://${ADDRESS}:${String(PORT)}`) outgoing.setHeader('origin', own)
      })
    },
  }
}
