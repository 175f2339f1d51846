/**
 * `npm run bench`: the engine, with everything that makes it safe, against a single statement, a loop on the server and
 * GitLab's EachBatch, in turns over the same table; locally, and with two more milliseconds on each round trip.
 *
 *   npm run bench -- [--rows 2000000] [--rows-at-100 500000] [--rows-far 200000] [--rounds 3] [--write]
 *
 * TRANCHE_BENCH_URL names a server whose role may make databases; without it a private one is started, with fsync on. Each run
 * gets a fresh copy of the table, read once, after a CHECKPOINT; afterwards the rows, and what the tracking tables say, are
 * checked by SQL. `--write` keeps the tables in docs/benchmarks.md.
 */
import { spawn } from 'node:child_process'
import { mkdtemp, rm, chmod, readFile, writeFile } from 'node:fs/promises'
import { cpus, loadavg, tmpdir, totalmem } from 'node:os'
import { join } from 'node:path'
import { performance } from 'node:perf_hooks'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import pg from 'pg'
import { ENGINE_FLAGS } from '../scripts/run-pinned.mjs'
import { startServer } from '../src/host/postgres/start-server.ts'
import { formatTable, judge, type Measured, type Setting } from './throughput.report.ts'
import { confirm, confirmTracking, makeTable } from './throughput.table.ts'

const BATCH_SIZE = 10_000
const BASE = 'tranche_bench_base'
const COPY = 'tranche_bench_copy'
const SETTINGS = {
  shared_buffers: '2GB',
  max_wal_size: '16GB',
  wal_compression: 'on',
  checkpoint_timeout: '1h',
  max_connections: '40',
}
const PROCESS = fileURLToPath(new URL('throughput.process.ts', import.meta.url))
const PROXY = fileURLToPath(new URL('delay-proxy.ts', import.meta.url))
const DOCUMENT = fileURLToPath(new URL('../docs/benchmarks.md', import.meta.url))

interface Entry {
  readonly name: string
  /** Sub-batches in the air; '' where that is not ours to say. */
  readonly inAir: string
}

const ENTRIES: readonly Entry[] = [
  { name: 'single statement', inAir: '' },
  { name: 'plpgsql loop', inAir: '' },
  { name: 'EachBatch', inAir: '' },
  { name: 'engine, one at a time', inAir: '1' },
  { name: 'engine', inAir: '' },
]

const { values: options } = parseArgs({
  options: {
    rows: { type: 'string', default: '2000000' },
    'rows-at-100': { type: 'string', default: '500000' },
    'rows-far': { type: 'string', default: '200000' },
    rounds: { type: 'string', default: '3' },
    only: { type: 'string' },
    'in-air': { type: 'string' },
    write: { type: 'boolean', default: false },
  },
})
const rounds = Number(options.rounds)
const settings: readonly Setting[] = [
  { title: 'sub-batch 1000, local', rows: Number(options.rows), subBatchSize: 1000, delayMs: 0 },
  { title: 'sub-batch 100, local', rows: Number(options['rows-at-100']), subBatchSize: 100, delayMs: 0 },
  { title: 'sub-batch 1000, 2 ms away', rows: Number(options['rows-far']), subBatchSize: 1000, delayMs: 2 },
  { title: 'sub-batch 100, 2 ms away', rows: Number(options['rows-far']), subBatchSize: 100, delayMs: 2 },
].filter(({ title }) => options.only === undefined || title.includes(options.only))

const server = await openServer()
const serverUrl = server.url
const admin = await connect(serverUrl)
try {
  const loadBefore = loadavg()[0] ?? 0
  const tables: string[] = []
  const judged: string[] = []
  for (const setting of settings) {
    const measured = await compare(setting)
    const table = formatTable(setting, measured, rounds)
    process.stdout.write(`\n${table}`)
    tables.push(table)
    judged.push(...judge(setting, measured))
  }
  const verdict = `${judged.map((line) => `- ${line}`).join('\n')}\n`
  process.stdout.write(`\n${verdict}`)
  if (options.write) await keep(await machine(loadBefore), tables, verdict)
} finally {
  await admin.query(`DROP DATABASE IF EXISTS ${COPY}`)
  await admin.query(`DROP DATABASE IF EXISTS ${BASE}`)
  await admin.end()
  await server.close()
}

async function compare(setting: Setting): Promise<ReadonlyMap<string, readonly Measured[]>> {
  await makeBase(setting.rows)
  const proxy = setting.delayMs === 0 ? null : await startProxy(setting.delayMs)
  const runs = new Map<string, Measured[]>(ENTRIES.map(({ name }) => [name, []]))
  try {
    for (let round = 0; round < rounds; round += 1) {
      // Rotated and turned round, so that a slow minute of the machine does not meet the same one each time.
      const rotated = [...ENTRIES.slice(round % ENTRIES.length), ...ENTRIES.slice(0, round % ENTRIES.length)]
      for (const entry of round % 2 === 0 ? rotated : rotated.reverse()) {
        const measured = await measure(entry, setting, proxy?.port ?? null)
        runs.get(entry.name)?.push(measured)
        process.stderr.write(
          `${setting.title}, round ${String(round + 1)}, ${entry.name}: ${measured.seconds.toFixed(2)} s, peak ${measured.peakMegabytes.toFixed(0)} MB\n`,
        )
      }
    }
  } finally {
    proxy?.close()
  }
  return runs
}

async function measure(entry: Entry, setting: Setting, proxyPort: number | null): Promise<Measured> {
  await admin.query(`DROP DATABASE IF EXISTS ${COPY}`)
  await admin.query(`CREATE DATABASE ${COPY} TEMPLATE ${BASE}`)
  const near = databaseUrl(COPY)
  const client = await connect(near)
  try {
    await client
      .query(
        `SELECT sum(pg_prewarm(indexrelid)) + sum(pg_prewarm(indrelid)) FROM pg_index
                         WHERE indrelid = 'routes'::regclass`,
      )
      .catch(() => client.query('SELECT count(path) FROM routes'))
    await client.query('CHECKPOINT')
    const walBefore = await walPosition(client)
    const cpuBefore = await server.sessionCpuSeconds()
    const inAir = entry.name === 'engine' ? (options['in-air'] ?? '') : entry.inAir
    const report = await runProcess([
      entry.name,
      proxyPort === null ? near : throughPort(near, proxyPort),
      String(BATCH_SIZE),
      String(setting.subBatchSize),
      inAir,
    ])
    const serverCpuSeconds = (await server.sessionCpuSeconds()) - cpuBefore
    const walMegabytes = ((await walPosition(client)) - walBefore) / 2 ** 20
    await confirm(client, setting.rows)
    if (entry.name.startsWith('engine')) await confirmTracking(client, setting.rows)
    return { ...report, walMegabytes, serverCpuSeconds }
  } finally {
    await client.end()
  }
}

async function makeBase(rows: number): Promise<void> {
  await admin.query(`DROP DATABASE IF EXISTS ${COPY}`)
  await admin.query(`DROP DATABASE IF EXISTS ${BASE}`)
  await admin.query(`CREATE DATABASE ${BASE}`)
  const client = await connect(databaseUrl(BASE))
  try {
    await makeTable(client, rows)
  } finally {
    await client.end()
  }
}

type Report = Omit<Measured, 'walMegabytes' | 'serverCpuSeconds'>

async function runProcess(args: readonly string[]): Promise<Report> {
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', ...ENGINE_FLAGS, PROCESS, ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let output = ''
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => (output += chunk))
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve))
  if (code !== 0) throw new Error(`${args[0] ?? ''} ended with ${String(code)}`)
  return JSON.parse(output) as Report // printed by throughput.process.ts
}

async function startProxy(delayMs: number): Promise<{ readonly port: number; close(): void }> {
  const { hostname, port } = new URL(serverUrl)
  const child = spawn(
    process.execPath,
    ['--disable-warning=ExperimentalWarning', PROXY, hostname, port, String(delayMs)],
    {
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  )
  const proxyPort = await new Promise<number>((resolve, reject) => {
    child.stdout.once('data', (chunk: Buffer) => {
      resolve(Number(chunk.toString()))
    })
    child.once('close', () => {
      reject(new Error('the proxy did not start'))
    })
  })
  const client = await connect(throughPort(serverUrl, proxyPort))
  const startedAt = performance.now()
  for (let trip = 0; trip < 100; trip += 1) await client.query('SELECT 1')
  process.stderr.write(
    `a round trip through the proxy takes ${((performance.now() - startedAt) / 100).toFixed(2)} ms\n`,
  )
  await client.end()
  return { port: proxyPort, close: () => child.kill() }
}

interface Server {
  readonly url: string
  /** Of all sessions that ended so far; NaN where the server's processes are out of sight. */
  sessionCpuSeconds(): Promise<number>
  close(): Promise<void>
}

async function openServer(): Promise<Server> {
  const url = process.env.TRANCHE_BENCH_URL ?? ''
  if (url !== '') return { url, sessionCpuSeconds: () => Promise.resolve(Number.NaN), close: () => Promise.resolve() }
  const folder = await mkdtemp(join(tmpdir(), 'tranche-bench-'))
  await chmod(folder, 0o711)
  const started = await startServer({ folder, settings: SETTINGS, ports: { first: 54_630, count: 100 } })
  const { host, port, user, password, database } = started.connection
  return {
    url: `postgres://${encodeURIComponent(user)}:${encodeURIComponent(password)}@${host}:${String(port)}/${database}`,
    sessionCpuSeconds: () => childCpuSeconds(started.pid),
    async close() {
      await started.stop()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

/** What Linux counts for a process's children once they have ended: our sessions are children of the server. */
async function childCpuSeconds(pid: number): Promise<number> {
  await sleep(300)
  const stat = await readFile(`/proc/${String(pid)}/stat`, 'utf8').catch(() => '')
  // cutime and cstime, in hundredths of a second, are the 14th and 15th field behind the parenthesised name.
  const fields = stat.split(') ')[1]?.split(' ') ?? []
  return (Number(fields[13]) + Number(fields[14])) / 100
}

async function machine(load: number): Promise<string> {
  const { rows } = await admin.query<{ version: string; fsync: string; buffers: string }>(
    `SELECT current_setting('server_version') AS version, current_setting('fsync') AS fsync, current_setting('shared_buffers') AS buffers`,
  )
  const { version = '?', fsync = '?', buffers = '?' } = rows[0] ?? {}
  return (
    `${String(cpus().length)} × ${cpus()[0]?.model ?? '?'}, ${(totalmem() / 2 ** 30).toFixed(0)} GiB, ${process.platform} ${process.arch}; ` +
    `Node ${process.version}; PostgreSQL ${version}, fsync ${fsync}, shared_buffers ${buffers}; load average at the start ${load.toFixed(1)}.`
  )
}

/** Replaces what stands between the markers; the text around them is written by hand. */
async function keep(line: string, tables: readonly string[], verdict: string): Promise<void> {
  const text = await readFile(DOCUMENT, 'utf8')
  const [head] = text.split('<!-- measured -->')
  const body = ['<!-- measured -->', `Machine: ${line}`, ...tables, 'Against what it has to reach:', verdict].join(
    '\n\n',
  )
  await writeFile(DOCUMENT, `${head ?? ''}${body.replaceAll(/\n{3,}/g, '\n\n')}`)
}

async function walPosition(client: pg.Client): Promise<number> {
  const { rows } = await client.query<{ bytes: string }>(`SELECT pg_current_wal_insert_lsn() - '0/0' AS bytes`)
  return Number(rows[0]?.bytes)
}

async function connect(url: string): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  return client
}

function databaseUrl(database: string): string {
  const url = new URL(serverUrl)
  url.pathname = `/${database}`
  return url.href
}

function throughPort(address: string, port: number): string {
  const url = new URL(address)
  url.hostname = '127.0.0.1'
  url.port = String(port)
  return url.href
}
