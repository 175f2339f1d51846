/**
 * One contestant's run in a process of its own, so that its memory is its own too:
 * `node bench/throughput.process.ts NAME URL BATCH_SIZE SUB_BATCH_SIZE`. Prints seconds, CPU and peak memory as JSON. Connecting and
 * queueing are not timed; everything that a run does is.
 */
import { performance } from 'node:perf_hooks'
import pg from 'pg'
import { createEngine } from '../src/engine/engine.ts'
import type { Logger } from '../src/engine/ports.ts'
import { openTarget } from '../src/engine/target/open-target.ts'
import { systemClock } from '../src/host/system/clock.ts'
import { systemIdentity } from '../src/host/system/identity.ts'
import { systemProcesses } from '../src/host/system/process-table.ts'
import { systemRandom } from '../src/host/system/random.ts'
import { type Contestant, eachBatch, serverLoop, singleStatement, type Sizes } from './throughput.contestants.ts'
import { definition } from './throughput.table.ts'

const CLIENTS: Readonly<Record<string, Contestant>> = {
  'single statement': singleStatement,
  'plpgsql loop': serverLoop,
  EachBatch: eachBatch,
}

const [name = '', url = '', batchSize = '', subBatchSize = '', inAir = ''] = process.argv.slice(2)
const sizes = { batchSize: Number(batchSize), subBatchSize: Number(subBatchSize) }
const logger: Logger = {
  log(level, event, fields) {
    if (level === 'warn' || level === 'error') process.stderr.write(`${event} ${JSON.stringify(fields ?? {})}\n`)
  },
}
const contestant = CLIENTS[name]
const before = process.cpuUsage()
const seconds = await (contestant === undefined ? runEngine(sizes) : runClient(contestant, sizes))
const { user, system } = process.cpuUsage(before)
const peakMegabytes = process.resourceUsage().maxRSS / 1024
process.stdout.write(`${JSON.stringify({ seconds, peakMegabytes, clientCpuSeconds: (user + system) / 1e6 })}\n`)

async function runClient(run: Contestant, given: Sizes): Promise<number> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    await client.query('SELECT 1')
    const startedAt = performance.now()
    await run(client, given)
    return (performance.now() - startedAt) / 1000
  } finally {
    await client.end()
  }
}

async function runEngine({ batchSize: batch, subBatchSize: subBatch }: Sizes): Promise<number> {
  const { hostname, port, username, password, pathname } = new URL(url)
  const target = openTarget(
    {
      host: hostname,
      port: Number(port),
      user: decodeURIComponent(username),
      database: pathname.slice(1),
      password: () => Promise.resolve(decodeURIComponent(password)),
      tls: false,
    },
    { applicationName: 'tranche bench', logger },
  )
  const loaded = {
    definition: definition(batch, subBatch),
    folder: '/bench',
    file: 'bench.ts',
    hash: 'bench',
    files: {},
    packages: [],
  }
  const engine = createEngine({
    target,
    trackingSchema: 'tranche',
    definitions: { find: () => loaded, list: () => [loaded] },
    identity: systemIdentity('bench'),
    processes: systemProcesses,
    clock: systemClock,
    logger,
    random: systemRandom,
    ...(inAir === '' ? {} : { limits: { subBatchesInAir: Number(inAir) } }),
  })
  try {
    await engine.install()
    const { migration } = await engine.queue({ jobClassName: 'FillNamespaceId' })
    const startedAt = performance.now()
    const { reason } = await engine.run(migration.id)
    if (reason !== 'finished') throw new Error(`the run ended as ${reason}`)
    return (performance.now() - startedAt) / 1000
  } finally {
    await target.close()
  }
}
