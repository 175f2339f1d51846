import { once } from 'node:events'
import { mkdir, readFile, stat, writeFile } from 'node:fs/promises'
import { type AddressInfo, createServer } from 'node:net'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import { expect, onTestFinished, test } from 'vitest'
import { removeServer } from '../../support/remove-server.ts'
import { DISPOSABLE_SETTINGS } from '../../../src/host/postgres/server-settings.ts'
import { startServer, type Server, type StartServerOptions } from '../../../src/host/postgres/start-server.ts'
import { createServerFolder, listProcesses, processField } from './server-folder.ts'

const isRoot = process.getuid?.() === 0
// Apart from the run's own server, so that ports can be argued about.
const PORTS = { first: 55_100, count: 200 }

async function setup() {
  const folder = await createServerFolder()
  return {
    folder,
    start: (options: Partial<StartServerOptions> = {}) =>
      startServer({ folder, settings: DISPOSABLE_SETTINGS, ports: PORTS, ...options }),
  }
}

async function query(server: Server, text: string): Promise<unknown[]> {
  const client = new pg.Client(server.connection)
  client.on('error', () => undefined)
  await client.connect()
  try {
    return (await client.query<Record<string, unknown>>(text)).rows
  } finally {
    await client.end()
  }
}

test('makes a server of its own that only this machine and only the password can reach', async () => {
  const { folder, start } = await setup()
  const messages: string[] = []
  const server = await start({ onProgress: (message) => messages.push(message) })
  expect(server).toMatchObject({ folder, wasRunning: false, connection: { host: '127.0.0.1', database: 'postgres' } })
  expect(messages.map((message) => message.replace(/\d.*\)/, '…'))).toEqual([
    expect.stringContaining('creating a PostgreSQL … cluster in'),
    `PostgreSQL … runs on port ${server.connection.port}`,
  ])
  expect(
    await query(
      server,
      `SELECT current_setting('listen_addresses') AS listen, current_setting('server_encoding') AS encoding,
              current_setting('fsync') AS fsync, current_setting('unix_socket_directories') AS sockets`,
    ),
  ).toEqual([{ listen: '127.0.0.1', encoding: 'UTF8', fsync: 'off', sockets: '' }])
  const stranger = new pg.Client({ ...server.connection, password: 'wrong' })
  await expect(stranger.connect()).rejects.toThrow('password authentication failed')
})

test('a running server is taken over as it is, a stopped one is started again with its data', async () => {
  const { start } = await setup()
  const first = await start()
  await query(first, 'CREATE TABLE kept (id int)')
  const second = await start()
  expect(second).toMatchObject({ wasRunning: true, pid: first.pid, connection: first.connection })
  await second.stop()
  await expect(query(first, 'SELECT 1')).rejects.toThrow('ECONNREFUSED')
  await first.stop()
  const third = await start()
  expect(third.wasRunning).toBe(false)
  expect(await query(third, 'SELECT * FROM kept')).toEqual([])
})

test.skipIf(process.platform === 'win32')('it is out of reach of our Ctrl-C and never runs as root', async () => {
  const { start } = await setup()
  const { pid, account } = await start()
  expect(await processField(pid, 'pgid')).toBe(String(pid))
  const user = await processField(pid, 'user')
  expect(user).not.toBe('root')
  expect(account).toBe(isRoot ? user : null)
})

test('stopping disconnects whoever is still there', async () => {
  const { start } = await setup()
  const server = await start()
  const client = new pg.Client(server.connection)
  client.on('error', () => undefined)
  await client.connect()
  const statement = client.query('SELECT pg_sleep(1000)')
  await Promise.all([server.stop(), expect(statement).rejects.toThrow('terminating connection')])
})

test('after a crash the lock file of the dead server is no obstacle', async () => {
  const { start } = await setup()
  const first = await start()
  await query(first, 'CREATE TABLE kept AS SELECT 1 AS id')
  process.kill(first.pid, 'SIGKILL')
  const second = await start()
  expect(second.wasRunning).toBe(false)
  expect(second.pid).not.toBe(first.pid)
  expect(await query(second, 'SELECT * FROM kept')).toEqual([{ id: 1 }])
})

test.runIf(process.platform === 'linux')(
  'a pid that belongs to another program now is no obstacle either',
  async () => {
    const { folder, start } = await setup()
    const first = await start()
    const lockFile = join(folder, `postgres-${parseInt(first.version)}-${first.provider}`, 'data/postmaster.pid')
    const [, ...lines] = (await readFile(lockFile, 'utf8')).split('\n')
    await first.stop()
    await writeFile(lockFile, [process.pid, ...lines].join('\n'))
    const second = await start()
    expect(second.wasRunning).toBe(false)
  },
)

test('of two starts at the same moment both get the same server', async () => {
  const { start } = await setup()
  const servers = await Promise.all([start(), start(), start()])
  expect(new Set(servers.map(({ pid }) => pid)).size).toBe(1)
  expect(servers.filter(({ wasRunning }) => !wasRunning)).toHaveLength(1)
})

test('starts of several folders at the same moment each get a port of their own', async () => {
  const folders = await Promise.all([setup(), setup(), setup()])
  for (const { start } of folders) await (await start()).stop()
  for (let round = 0; round < 3; round += 1) {
    const servers = await Promise.all(folders.map(async ({ start }) => start()))
    expect(servers.map(({ wasRunning }) => wasRunning)).toEqual([false, false, false])
    expect(new Set(servers.map(({ connection }) => connection.port)).size).toBe(3)
    await Promise.all(servers.map(async (server) => server.stop()))
  }
})

test('a busy port is passed over, and a range without a free one is named', async () => {
  const { start } = await setup()
  const rival = createServer().listen(0, '127.0.0.1')
  onTestFinished(() => void rival.close())
  await once(rival, 'listening')
  const { port } = rival.address() as AddressInfo // it listens on TCP
  await expect(start({ ports: { first: port, count: 1 } })).rejects.toMatchObject({
    code: 'unexpected',
    message: `All ports from ${String(port)} to ${String(port)} are in use.`,
  })
  const server = await start({ ports: { first: port, count: 1_000 } })
  expect(server.connection.port).toBeGreaterThan(port)
})

test('a start that is aborted at any moment leaves nothing running', async () => {
  const { folder, start } = await setup()
  const startAndAbort = async (delayMs: number) => {
    const abort = new AbortController()
    const started = start({ signal: abort.signal }).catch((error: unknown) => error)
    await sleep(delayMs)
    abort.abort(new Error('stopped by the test'))
    const outcome = await started
    if (outcome instanceof Error) expect(outcome.message).toBe('stopped by the test')
    else await (outcome as Server).stop()
    expect(await listProcesses(folder), `aborted after ${delayMs} ms`).toEqual([])
  }
  // While the cluster is made, then while the server comes up.
  for (const delayMs of [0, 20, 50, 100, 200, 300]) await startAndAbort(delayMs)
  await (await start()).stop()
  for (const delayMs of [10, 20, 30, 40, 50, 60, 80, 100, 150]) await startAndAbort(delayMs)
})

test('a server that refuses its settings is reported with the end of its log', async () => {
  const { start } = await setup()
  await expect(start({ settings: { shared_buffers: 'much' } })).rejects.toMatchObject({
    code: 'unexpected',
    message: expect.stringContaining('invalid value for parameter "shared_buffers": "much"') as string,
    remedy: expect.stringContaining('server.log') as string,
  })
})

test('a folder that cannot be made or written is named', async () => {
  const { folder, start } = await setup()
  await writeFile(join(folder, 'file'), '')
  await expect(start({ folder: join(folder, 'file/server') })).rejects.toMatchObject({
    code: 'file_not_writable',
    message: expect.stringContaining(join(folder, 'file/server')) as string,
  })
})

test.runIf(isRoot)('as root, in a folder that only root can enter, its files are elsewhere', async () => {
  const { folder, start } = await setup()
  await mkdir(join(folder, 'private'), { mode: 0o700 })
  const inPrivate = join(folder, 'private/server')
  onTestFinished(() => removeServer(inPrivate))
  const server = await start({ folder: inPrivate })
  expect(server.folder).toMatch(/^\/(var\/)?tmp\/tranche-[0-9a-f]{16}$/)
  expect(await start({ folder: inPrivate })).toMatchObject({ folder: server.folder, wasRunning: true })
  await removeServer(inPrivate)
  await expect(stat(server.folder)).rejects.toThrow('ENOENT')
})
