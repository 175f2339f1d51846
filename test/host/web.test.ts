import { once } from 'node:events'
import { request as httpRequest } from 'node:http'
import { connect } from 'node:net'
import { symlink } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { WebSocket } from 'ws'
import { MAX_REQUEST_BYTES } from '../../src/shared/rpc.ts'
import { setupConsole } from '../support/console-setup.ts'
import { startTestWebHost, visit } from '../support/transports.ts'

async function setup() {
  const { backend } = await setupConsole()
  const { host, rendererFolder } = await startTestWebHost(backend)
  return { host, rendererFolder, base: `http://127.0.0.1:${String(host.port)}` }
}

/** The raw path, as no URL parser tidies it. */
async function statusOf(port: number, path: string, headers: Record<string, string> = {}): Promise<number> {
  return new Promise((resolve, reject) => {
    httpRequest({ host: '127.0.0.1', port, path, headers }, (response) => {
      response.resume()
      resolve(response.statusCode ?? 0)
    })
      .on('error', reject)
      .end()
  })
}

/** How a socket ended: opened, or refused with a status. */
async function knock(port: number, headers: Record<string, string>, path = '/ws'): Promise<string> {
  const socket = new WebSocket(`ws://127.0.0.1:${String(port)}${path}`, { headers })
  return new Promise((resolve) => {
    socket.on('open', () => {
      socket.close()
      resolve('opened')
    })
    socket.on('unexpected-response', (_request, response) => {
      response.resume()
      resolve(String(response.statusCode))
    })
    socket.on('error', () => undefined)
  })
}

it('swaps a token for a cookie once, and takes it out of the address', async () => {
  const { host } = await setup()
  const url = host.url()

  const first = await fetch(url, { redirect: 'manual' })
  const second = await fetch(url, { redirect: 'manual' })

  expect([first.status, first.headers.get('location')]).toEqual([303, '/'])
  expect(first.headers.get('set-cookie')).toMatch(/^tranche_\d+=[\w-]{40,}; HttpOnly; SameSite=Strict; Path=\/$/)
  expect(second.status).toBe(403)
})

it('leads whoever comes from another page or a file there by a page of its own, which takes the cookie along', async () => {
  const { host } = await setup()

  const response = await fetch(host.url(), { redirect: 'manual', headers: { 'sec-fetch-site': 'cross-site' } })

  expect([response.status, response.headers.get('location')]).toEqual([200, null])
  expect(response.headers.get('set-cookie')).toContain('SameSite=Strict')
  expect(await response.text()).toContain('<meta http-equiv="refresh" content="0;url=/">')
})

it('says that its port is taken', async () => {
  const { host } = await setup()
  const { backend } = await setupConsole()

  await expect(startTestWebHost(backend, { port: host.port })).rejects.toMatchObject({
    code: 'usage',
    message: `port ${String(host.port)} of 127.0.0.1 is taken by another program`,
  })
})

it('ends a socket whose other side does not answer, and keeps one that does', async () => {
  const { backend } = await setupConsole()
  const { host } = await startTestWebHost(backend, { heartbeatMs: 50 })
  const headers = { cookie: await visit(host), origin: `http://127.0.0.1:${String(host.port)}` }
  const address = `ws://127.0.0.1:${String(host.port)}/ws`
  const living = new WebSocket(address, { headers })
  await once(living, 'open')
  const dead = new WebSocket(address, { headers, autoPong: false })

  await once(dead, 'close')

  expect(living.readyState).toBe(WebSocket.OPEN)
  living.close()
})

it('gives files to whoever carries the cookie, under a policy that allows nothing from elsewhere', async () => {
  const { host, base } = await setup()
  const cookie = await visit(host)

  const page = await fetch(`${base}/`, { headers: { cookie } })
  const asset = await fetch(`${base}/assets/page-1a2b.js`, { headers: { cookie } })

  expect(await page.text()).toContain('<title>Tranche</title>')
  expect(Object.fromEntries(page.headers)).toMatchObject({
    'content-security-policy':
      "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self'; frame-src 'none'; object-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types svelte-trusted-html",
    'x-content-type-options': 'nosniff',
    'referrer-policy': 'no-referrer',
    'cache-control': 'no-store',
  })
  expect(asset.headers.get('content-type')).toBe('text/javascript; charset=utf-8')
  expect(await statusOf(host.port, '/')).toBe(401)
  expect(await statusOf(host.port, '/', { cookie: `tranche_${String(host.port)}=wrong` })).toBe(401)
})

it('gives nothing from outside of the page’s folder', async () => {
  const { host, rendererFolder } = await setup()
  const cookie = await visit(host)
  await symlink(join(rendererFolder, '..', 'secret.json'), join(rendererFolder, 'link.json'))

  const paths = [
    ...[
      '/../secret.json',
      '/assets/../../secret.json',
      '/%2e%2e/secret.json',
      '/..%2fsecret.json',
      '/%2e%2e%2fsecret.json',
    ],
    ...[
      '/..\\secret.json',
      '/%5c..%5csecret.json',
      '/link.json',
      '/secret.json%00.js',
      '/%',
      '//etc/hosts.json',
      '/etc/passwd',
    ],
  ]

  expect(await Promise.all(paths.map((path) => statusOf(host.port, path, { cookie })))).toEqual(paths.map(() => 404))
})

it('answers under its own name only, so that no other name can be bound to it', async () => {
  const { host } = await setup()
  const cookie = await visit(host)

  expect(await statusOf(host.port, '/', { cookie, host: `evil.example:${String(host.port)}` })).toBe(403)
  expect(await statusOf(host.port, '/', { cookie, host: `localhost:${String(host.port)}` })).toBe(200)
})

it('opens a socket for its own page alone', async () => {
  const { host, base } = await setup()
  const cookie = await visit(host)
  const evil = `evil.example:${String(host.port)}`

  expect([
    await knock(host.port, { cookie, origin: base }),
    await knock(host.port, { origin: base }),
    await knock(host.port, { cookie }),
    await knock(host.port, { cookie, origin: 'https://evil.example' }),
    await knock(host.port, { cookie, origin: 'null' }),
    await knock(host.port, { cookie, origin: `http://${evil}`, host: evil }),
    await knock(host.port, { cookie, origin: base }, '/elsewhere'),
  ]).toEqual(['opened', '403', '403', '403', '403', '403', '403'])
})

it('closes a socket that sends what is no request', async () => {
  const { host, base } = await setup()
  const cookie = await visit(host)
  const closeCodeFor = async (message: string | Buffer): Promise<number> => {
    const socket = new WebSocket(`ws://127.0.0.1:${String(host.port)}/ws`, { headers: { cookie, origin: base } })
    return new Promise((resolve) => {
      socket.on('open', () => {
        socket.send(message)
      })
      socket.on('close', resolve)
      socket.on('error', () => undefined)
    })
  }

  expect([
    await closeCodeFor('not json'),
    await closeCodeFor('null'),
    await closeCodeFor('[1,2]'),
    await closeCodeFor('{"method":"app.snapshot"}'),
    await closeCodeFor('{"id":"1","method":"app.snapshot"}'),
    await closeCodeFor(Buffer.from([1, 2, 3])),
    await closeCodeFor(JSON.stringify({ id: 1, method: 'settings.set', input: 'x'.repeat(MAX_REQUEST_BYTES + 2_000) })),
  ]).toEqual([1003, 1003, 1003, 1003, 1003, 1003, 1009])
})

it('answers a request with more in it than belongs there as bad input', async () => {
  const { host, base } = await setup()
  const cookie = await visit(host)
  const socket = new WebSocket(`ws://127.0.0.1:${String(host.port)}/ws`, { headers: { cookie, origin: base } })
  const answer = new Promise((resolve) => {
    socket.on('message', (data: Buffer) => {
      resolve(JSON.parse(data.toString('utf8')))
    })
  })
  socket.on('open', () => {
    socket.send('{"id":5,"method":"settings.get","__proto__":{"clientId":"other"},"extra":1}')
  })

  expect(await answer).toMatchObject({ id: 5, reply: { ok: false, error: { code: 'bad_input' } } })
  socket.close()
})

it('outlives connections that are broken off at any moment', async () => {
  const { host, base } = await setup()
  const cookie = await visit(host)
  const uncaught: unknown[] = []
  const collect = (thrown: unknown): void => void uncaught.push(thrown)
  process.on('uncaughtException', collect)
  onTestFinished(() => void process.off('uncaughtException', collect))
  const own = `host: 127.0.0.1:${String(host.port)}\r\n`
  const upgrade = 'connection: Upgrade\r\nupgrade: websocket\r\nsec-websocket-version: 13\r\n'
  const key = 'sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n'
  const beginnings = [
    `GET /ws HTTP/1.1\r\nhost: evil.example\r\n${upgrade}${key}\r\n`,
    `GET /ws HTTP/1.1\r\n${own}${upgrade}\r\n`,
    `GET /ws HTTP/1.1\r\n${own}${upgrade}${key}cookie: ${cookie}\r\norigin: ${base}\r\n\r\n`,
    `GET / HTTP/1.1\r\n${own}cookie: ${cookie}\r\n\r\n`,
    `GET / HTTP/1.1\r\nhost: 127.0`,
    '\u0016\u0003\u0001',
  ]

  for (let round = 0; round < 60; round += 1) await Promise.all(beginnings.map((text) => breakOff(host.port, text)))

  expect(await knock(host.port, { cookie, origin: base })).toBe('opened')
  expect(uncaught).toEqual([])
})

/** Says something and is gone, without a goodbye. */
async function breakOff(port: number, text: string): Promise<void> {
  const socket = connect(port, '127.0.0.1')
  socket.on('error', () => undefined)
  await once(socket, 'connect')
  socket.write(text)
  socket.resetAndDestroy()
}
