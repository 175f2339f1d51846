import type { WorkOptions } from '../../engine/scheduler.ts'
import { createMigrationMetrics } from '../../host/metrics/migration-metrics.ts'
import { serveMetrics } from '../../host/metrics/serve-metrics.ts'
import { messageOf, TrancheError } from '../../shared/errors.ts'
import { countOf } from '../../shared/format-number.ts'
import { defineCommand } from '../command.ts'
import { tellWork } from '../narrate-run.ts'
import { HEALTH_FLAG, parseHealth } from '../parse-health.ts'
import type { OpenedDatabase, Session } from '../session.ts'
import { parseParallel } from './run.ts'

const PARALLEL = 2

export const work = defineCommand({
  name: 'work',
  operands: { usage: '', min: 0, max: 0 },
  flags: {
    once: { help: 'drive what is due now, then end' },
    off: { help: 'let no scheduler of the database begin a job from now on, and end' },
    on: { help: 'let schedulers begin jobs again, and end' },
    health: HEALTH_FLAG,
    metrics: { value: 'PORT', help: 'serve Prometheus metrics at http://127.0.0.1:PORT/metrics' },
    parallel: { value: 'N', help: `migrations at the same time (${String(PARALLEL)})` },
  },
  help: 'Drives all active migrations of the target, and of every other database that is mapped, each one job per interval, until it is told to stop. May run on several machines.',
  onSignal: 'release',
  async run(input, session) {
    const parallel = parseParallel(input.whole('parallel', 1) ?? PARALLEL)
    const health = parseHealth(input.list('health'))
    const port = parsePort(input.whole('metrics', 0))
    const isSwitchedOn = switchOf(input.isSet('on'), input.isSet('off'))
    const { all } = await session.open({ verb: 'work', catalogue: 'needed', parallel, health })
    for (const { confirm } of all) await confirm('all active migrations')
    if (isSwitchedOn !== null) {
      for (const { engine } of all) await engine.setScheduling(isSwitchedOn)
      const where = all.map(({ target }) => target.description).join(', ')
      return { value: { jobsRun: 0 }, text: `✓ Scheduling is ${isSwitchedOn ? 'on' : 'off'} on ${where}.` }
    }
    for (const opened of all) await tellWhereItWorks(opened, session)
    const metrics = port === null ? null : await startMetrics(all, session, port)
    const narrations = all.map(({ engine, database }) => tellWork(engine, session, prefixOf(database, all)))
    try {
      const value = await workOn(all, { once: input.isSet('once'), parallel, signal: session.signal })
      const text = `${session.signal.aborted ? '!' : '✓'} ${countOf(value.jobsRun, 'job')} run.`
      if (!session.signal.aborted) return { value, text }
      const failure = new TrancheError('stopped', 'work was told to stop; its claims are released', {
        details: { ...value },
      })
      return { value, text, failure }
    } finally {
      await metrics?.close()
      for (const end of narrations) end()
    }
  },
})

/** Where scheduling is off, nothing begins, and nothing else would say why. */
async function tellWhereItWorks({ engine, target }: OpenedDatabase, session: Session): Promise<void> {
  session.terminal.note(`Working on ${target.description}`)
  const states = await engine.list()
  if (states.some(({ status, schedule }) => status === 'active' && !schedule.isOn))
    session.terminal.note(session.qualify('! Scheduling is switched off there: no job begins until tranche work --on'))
}

/** null: neither was asked for. Throws usage. */
function switchOf(isOn: boolean, isOff: boolean): boolean | null {
  if (isOn && isOff) {
    throw new TrancheError('usage', '--on and --off exclude each other', { remedy: 'Give one of them.' })
  }
  return isOn || isOff ? isOn : null
}

/** Each database has its own order and its own room. When one of them throws, the others release what they hold first. */
async function workOn(
  databases: readonly OpenedDatabase[],
  { signal, ...options }: WorkOptions & { readonly signal: AbortSignal },
): Promise<{ readonly jobsRun: number }> {
  const halt = new AbortController()
  const either = AbortSignal.any([signal, halt.signal])
  const settled = await Promise.allSettled(
    databases.map(({ engine }) =>
      engine.work({ ...options, signal: either }).catch((error: unknown) => {
        halt.abort()
        throw error
      }),
    ),
  )
  const thrown = settled.find((result) => result.status === 'rejected')
  if (thrown !== undefined) throw thrown.reason
  return { jobsRun: settled.reduce((sum, each) => sum + (each.status === 'fulfilled' ? each.value.jobsRun : 0), 0) }
}

/** GitLab's way to name a migration among those of several databases. */
function prefixOf(database: string, all: readonly OpenedDatabase[]): string {
  return all.length > 1 ? `${database}_` : ''
}

async function startMetrics(
  databases: readonly OpenedDatabase[],
  { terminal, logger }: Session,
  port: number,
): Promise<{ close(): Promise<void> }> {
  const sources = databases.map(({ engine, database }) => ({ engine, prefix: prefixOf(database, databases) }))
  const metrics = createMigrationMetrics(sources, (error) => {
    const message = messageOf(error)
    logger.log('warn', 'a job could not be measured', { message })
  })
  const server = await serveMetrics(port, () => metrics.text())
  terminal.note(`Metrics at ${server.url}`)
  return {
    async close() {
      metrics.stop()
      await server.close()
    },
  }
}

/** Throws usage. */
function parsePort(port: number | undefined): number | null {
  if (port === undefined) return null
  if (port <= 65_535) return port
  throw new TrancheError('usage', `--metrics is ${String(port)}; expected a port`, {
    remedy: 'Ports end at 65535; 0 takes any free one.',
  })
}
