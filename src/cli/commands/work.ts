import type { WorkOptions } from '../../engine/scheduler.ts'
import { TrancheError } from '../../shared/errors.ts'
import { countOf } from '../../shared/format-number.ts'
import { defineCommand } from '../command.ts'
import { narrateWork } from '../narrate-run.ts'
import type { OpenedDatabase } from '../session.ts'
import { parseParallel } from './run.ts'

const PARALLEL = 2

export const work = defineCommand({
  name: 'work',
  operands: { usage: '', min: 0, max: 0 },
  flags: {
    once: { help: 'drive what is due now, then end' },
    parallel: { value: 'N', help: `migrations at the same time (${String(PARALLEL)})` },
  },
  help: 'Drives all active migrations of the target, and of every other database that is mapped, each one job per interval, until it is told to stop. May run on several machines.',
  onSignal: 'release',
  async run(input, session) {
    const parallel = parseParallel(input.whole('parallel', 1) ?? PARALLEL)
    const { all } = await session.open({ verb: 'work', catalogue: 'needed', parallel })
    for (const { confirm } of all) await confirm('all active migrations')
    for (const { target } of all) session.terminal.note(`Working on ${target.description}`)
    const narrations = all.map(({ engine, database }) =>
      narrateWork(engine, session.terminal, all.length > 1 ? `${database}_` : ''),
    )
    try {
      const value = await workOn(all, { once: input.isSet('once'), parallel, signal: session.signal })
      const text = `${session.signal.aborted ? '!' : '✓'} ${countOf(value.jobsRun, 'job')} run.`
      if (!session.signal.aborted) return { value, text }
      const failure = new TrancheError('stopped', 'work was told to stop; its claims are released', {
        details: { ...value },
      })
      return { value, text, failure }
    } finally {
      for (const end of narrations) end()
    }
  },
})

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
