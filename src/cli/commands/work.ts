import { TrancheError } from '../../shared/errors.ts'
import { countOf } from '../../shared/format-number.ts'
import { defineCommand } from '../command.ts'
import { narrateWork } from '../narrate-run.ts'
import { parseParallel } from './run.ts'

const PARALLEL = 2

export const work = defineCommand({
  name: 'work',
  operands: { usage: '', min: 0, max: 0 },
  flags: {
    once: { help: 'drive what is due now, then end' },
    parallel: { value: 'N', help: `migrations at the same time (${String(PARALLEL)})` },
  },
  help: 'Drives all active migrations of the target, each one job per interval, until it is told to stop. May run on several machines.',
  onSignal: 'release',
  async run(input, session) {
    const parallel = parseParallel(input.whole('parallel', 1) ?? PARALLEL)
    const { engine, target, confirm } = await session.open({ verb: 'work', catalogue: 'needed', parallel })
    await confirm('all active migrations')
    session.terminal.note(`Working on ${target.description}`)
    const endNarration = narrateWork(engine, session.terminal)
    try {
      const value = await engine.work({ once: input.isSet('once'), parallel, signal: session.signal })
      const text = `${session.signal.aborted ? '!' : '✓'} ${countOf(value.jobsRun, 'job')} run.`
      if (!session.signal.aborted) return { value, text }
      const failure = new TrancheError('stopped', 'work was told to stop; its claims are released', {
        details: { ...value },
      })
      return { value, text, failure }
    } finally {
      endNarration()
    }
  },
})
