/**
 * Which form of SQL a join backfill should have: those of join-shape.shapes.ts fill service_account_id of
 * duo_workflows_workflows on a copy of the practice data, sub-batch by sub-batch, each a transaction of its own.
 *
 *   TRANCHE_BENCH_URL=postgres://… npm run bench:join-shape -- [--rows 200000] [--rounds 3] [--sizes 100,1000] [--prepared]
 *
 * The URL's role must be allowed to create databases; two are made and dropped again. Only the sub-batches' statements
 * are timed: planning their ends and the engine's own bookkeeping cost every shape the same. Before each run the database
 * is copied afresh; after it the result is compared with accounts that were computed in another way. Where the server runs
 * on this Linux machine, the CPU time of its process is read too: it tells the shapes apart on a machine that is busy with
 * other things.
 */
import { readFile } from 'node:fs/promises'
import { availableParallelism } from 'node:os'
import { performance } from 'node:perf_hooks'
import { parseArgs } from 'node:util'
import pg from 'pg'
import { compileSql, raw, sql, type Sql } from '../src/shared/sql.ts'
import { expectedRows, joinShape, shapes, type Shape } from './join-shape.shapes.ts'

interface Run {
  readonly seconds: number
  /** Of the server's process; NaN where that is out of sight. */
  readonly cpuSeconds: number
  readonly walMegabytes: number
}

const data = new URL('../resources/practice/_data/', import.meta.url)
const base = 'tranche_bench_join_shape_base'
const copy = 'tranche_bench_join_shape_copy'

const { values: options } = parseArgs({
  options: {
    rows: { type: 'string', default: '200000' },
    rounds: { type: 'string', default: '3' },
    sizes: { type: 'string', default: '100,1000' },
    prepared: { type: 'boolean', default: false },
  },
})

const adminUrl = process.env.TRANCHE_BENCH_URL
if (adminUrl === undefined) {
  process.stderr.write(
    'TRANCHE_BENCH_URL names no server: set it to the URL of a PostgreSQL on which databases may be made\n',
  )
  process.exit(2)
}
const rows = Number(options.rows)
const rounds = Number(options.rounds)
const sizes = options.sizes.split(',').map(Number)

const admin = await connect(adminUrl)
try {
  await makeBase(admin)
  for (const size of sizes) await compare(admin, size)
} finally {
  await admin.query(`DROP DATABASE IF EXISTS ${copy}`)
  await admin.query(`DROP DATABASE IF EXISTS ${base}`)
  await admin.end()
}

async function compare(server: pg.Client, size: number): Promise<void> {
  const single: Shape = { ...joinShape, name: 'single statement (join)' }
  const contestants = [{ shape: single, size: null }, ...shapes.map((shape) => ({ shape, size }))]
  const runs = contestants.map((): Run[] => [])
  for (let round = 0; round < rounds; round += 1) {
    for (let step = 0; step < contestants.length; step += 1) {
      const index = (step + round * 2) % contestants.length
      const contestant = contestants[index]
      if (contestant === undefined) continue
      const run = await measure(server, contestant.shape, contestant.size)
      runs[index]?.push(run)
      process.stderr.write(
        `round ${round + 1}, ${contestant.shape.name}: ${run.seconds.toFixed(2)} s, CPU ${run.cpuSeconds.toFixed(2)} s\n`,
      )
    }
  }
  const { rows: version } = await server.query<{ server_version: string }>('SHOW server_version')
  const mode = options.prepared ? 'prepared' : 'unnamed'
  process.stdout.write(
    `\n${rows} workflows, sub-batch ${size}, ${mode} statements, ${rounds} rounds; ` +
      `${availableParallelism()} cores, PostgreSQL ${version[0]?.server_version ?? '?'}\n\n` +
      '| shape | median s [min–max] | rows scanned/s | ratio to the single statement | server CPU s | WAL MB |\n' +
      '|---|---|---|---|---|---|\n',
  )
  const floor = median((runs[0] ?? []).map((run) => run.seconds))
  contestants.forEach(({ shape }, index) => {
    const seconds = (runs[index] ?? []).map((run) => run.seconds)
    const middle = median(seconds)
    const cpu = median((runs[index] ?? []).map((run) => run.cpuSeconds))
    const wal = median((runs[index] ?? []).map((run) => run.walMegabytes))
    process.stdout.write(
      `| ${shape.name} | ${middle.toFixed(2)} [${Math.min(...seconds).toFixed(2)}–${Math.max(...seconds).toFixed(2)}] | ` +
        `${Math.round(rows / middle)
          .toLocaleString('en-US')
          .replaceAll(',', ' ')} | ${(floor / middle).toFixed(3)} | ${cpu.toFixed(2)} | ${wal.toFixed(0)} |\n`,
    )
  })
}

async function measure(server: pg.Client, shape: Shape, size: number | null): Promise<Run> {
  await server.query(`DROP DATABASE IF EXISTS ${copy}`)
  await server.query(`CREATE DATABASE ${copy} TEMPLATE ${base}`)
  const client = await connect(databaseUrl(copy))
  try {
    await warmUp(client)
    const ends = await planEnds(client, size)
    const walBefore = await walPosition(client)
    const cpuBefore = await serverCpuSeconds(client)
    const startedAt = performance.now()
    let changed = 0
    let previous: string | null = null
    for (const end of ends) {
      const slice: Sql =
        previous === null ? sql`w.id >= ${0} AND w.id <= ${end}` : sql`w.id > ${previous} AND w.id <= ${end}`
      const { text, values } = compileSql(shape.statement(slice))
      const name = previous === null ? 'first' : 'next'
      const query = { text, values: [...values], ...(options.prepared ? { name } : {}) }
      changed += (await client.query(query)).rowCount ?? 0
      previous = end
    }
    const seconds = (performance.now() - startedAt) / 1000
    const cpuSeconds = (await serverCpuSeconds(client)) - cpuBefore
    const walMegabytes = ((await walPosition(client)) - walBefore) / 2 ** 20
    await confirm(client, shape, changed)
    return { seconds, cpuSeconds, walMegabytes }
  } finally {
    await client.end()
  }
}

/** A fresh copy is in nobody's cache. Without pg_prewarm every shape starts equally cold. */
async function warmUp(client: pg.Client): Promise<void> {
  const { rows: extension } = await client.query(`SELECT FROM pg_extension WHERE extname = 'pg_prewarm'`)
  if (extension.length === 0) return
  await client.query(`
    SELECT sum(pg_prewarm(oid)) FROM pg_class WHERE relkind IN ('r', 'i') AND relnamespace = 'public'::regnamespace`)
}

async function planEnds(client: pg.Client, size: number | null): Promise<readonly string[]> {
  const { rows: found } = await client.query<{ id: string }>(
    `SELECT id FROM (
       SELECT id, row_number() OVER (ORDER BY id) AS position, count(*) OVER () AS total FROM duo_workflows_workflows
     ) AS numbered
     WHERE position = total OR position % $1 = 0 ORDER BY id`,
    [size ?? Number.MAX_SAFE_INTEGER],
  )
  return found.map((row) => row.id)
}

/** The accounts are the expected ones, no row was touched for nothing, and running it all again changes nothing. */
async function confirm(client: pg.Client, shape: Shape, changed: number): Promise<void> {
  const { rows: found } = await client.query<{ wrong: string; expected: string }>(`
    SELECT count(*) FILTER (WHERE w.service_account_id IS DISTINCT FROM COALESCE(b.service_account_id, e.service_account_id)) AS wrong,
      count(e.id) AS expected
    FROM duo_workflows_workflows AS w
    JOIN duo_workflows_workflows_before AS b USING (id)
    LEFT JOIN expected AS e USING (id)`)
  const { wrong, expected } = found[0] ?? { wrong: '?', expected: '?' }
  if (wrong !== '0') throw new Error(`${shape.name}: ${wrong} rows hold another account than expected`)
  if (shape.rewritesUnresolved) return
  if (String(changed) !== expected) throw new Error(`${shape.name}: changed ${changed} rows, expected ${expected}`)
  const again = compileSql(shape.statement(raw('w.id > 0')))
  const { rowCount } = await client.query(again.text, [...again.values])
  if (rowCount !== 0) throw new Error(`${shape.name}: a second run changed ${rowCount ?? 0} rows`)
}

async function makeBase(server: pg.Client): Promise<void> {
  await server.query(`DROP DATABASE IF EXISTS ${copy}`)
  await server.query(`DROP DATABASE IF EXISTS ${base}`)
  await server.query(`CREATE DATABASE ${base}`)
  const client = await connect(databaseUrl(base))
  try {
    for (const folder of ['10-namespaces', '20-duo-workflows']) {
      for (const file of ['schema.sql', 'rows.sql']) {
        const script = await readFile(new URL(`${folder}/${file}`, data), 'utf8')
        await client.query('BEGIN')
        await client.query(`SELECT set_config('practice.rows', $1, true)`, [String(rows)])
        await client.query(script)
        await client.query('COMMIT')
      }
    }
    await client.query('ALTER TABLE duo_workflows_workflows SET (autovacuum_enabled = off)')
    await client.query(`CREATE TABLE expected AS ${expectedRows}`)
    await client.query('CREATE EXTENSION IF NOT EXISTS pg_prewarm').catch((error: unknown) => {
      process.stderr.write(`without pg_prewarm: ${String(error)}\n`)
    })
    await client.query('VACUUM (ANALYZE)')
  } finally {
    await client.end()
  }
}

async function walPosition(client: pg.Client): Promise<number> {
  const { rows: found } = await client.query<{ bytes: string }>(`SELECT pg_current_wal_insert_lsn() - '0/0' AS bytes`)
  return Number(found[0]?.bytes)
}

async function serverCpuSeconds(client: pg.Client): Promise<number> {
  const { rows: found } = await client.query<{ pid: number }>('SELECT pg_backend_pid() AS pid')
  const process = `/proc/${found[0]?.pid ?? 0}`
  try {
    if (!(await readFile(`${process}/cmdline`, 'utf8')).includes(copy)) return Number.NaN
    // utime and stime, in hundredths of a second, are the 12th and 13th field behind the parenthesised name.
    const fields = (await readFile(`${process}/stat`, 'utf8')).split(') ')[1]?.split(' ') ?? []
    return (Number(fields[11]) + Number(fields[12])) / 100
  } catch {
    return Number.NaN
  }
}

async function connect(url: string): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  return client
}

function databaseUrl(database: string): string {
  const url = new URL(adminUrl ?? '')
  url.pathname = `/${database}`
  return url.href
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = Math.floor(sorted.length / 2)
  const upper = sorted[middle] ?? Number.NaN
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? Number.NaN) + upper) / 2
}
