import type { RunOutcome } from '../../engine/types.ts'
import { TrancheError } from '../../shared/errors.ts'
import { describeFailure } from '../../shared/migration-failure.ts'
import { defineCommand, ONE_ID } from '../command.ts'
import { tellRun } from '../narrate-run.ts'
import { HEALTH_FLAG, parseHealth } from '../parse-health.ts'
import { parseJobId } from '../parse-job-id.ts'
import { runText } from '../text/run-text.ts'

/** Each takes a connection; more would be a load test. */
export const MOST_PARALLEL = 32

export const HEALTH_IGNORED = '! Health is ignored: holds are passed over, and nobody asks how the target copes.'

export const run = defineCommand({
  name: 'run',
  operands: ONE_ID,
  flags: {
    job: { value: 'ID', help: 'drive this job alone, once' },
    jobs: { value: 'N', help: 'end after so many jobs' },
    parallel: { value: 'N', help: 'drive so many jobs at the same time (1)' },
    paced: { help: 'keep the interval between the starts of jobs' },
    health: HEALTH_FLAG,
    force: { help: 'ignore health: pass over holds and ask no indicator' },
  },
  help: 'Drives a migration now, to its end, whatever its interval. Ctrl-C finishes the sub-batch in hand and releases what was claimed; a later run goes on from there.',
  onSignal: 'release',
  async run(input, session) {
    const [reference = ''] = input.operands
    const maxJobs = input.whole('jobs', 1)
    const job = parseJobId(input.text('job'))
    const parallel = parseParallel(input.whole('parallel', 1) ?? 1)
    const health = parseHealth(input.list('health'))
    const { engine, confirm } = await session.open({ verb: 'run', catalogue: 'needed', parallel, health })
    const { id, jobClassName, rows } = await engine.get(reference)
    await confirm(jobClassName)
    if (input.isSet('force')) session.terminal.note(HEALTH_IGNORED)
    const endNarration = tellRun(engine, session, rows.scanned)
    try {
      const outcome = await engine.run(id, {
        parallel,
        paced: input.isSet('paced'),
        force: input.isSet('force'),
        signal: session.signal,
        ...job,
        ...(maxJobs === undefined ? {} : { maxJobs }),
      })
      const jobId = job.jobId ?? null
      const failure = failureOf(outcome, jobId)
      return { value: outcome, text: runText(outcome, jobId), ...(failure === null ? {} : { failure }) }
    } finally {
      endNarration()
    }
  },
})

/** Throws usage. */
export function parseParallel(parallel: number): number {
  if (parallel <= MOST_PARALLEL) return parallel
  throw new TrancheError('usage', `--parallel is ${String(parallel)}; expected at most ${String(MOST_PARALLEL)}`, {
    remedy: 'Each parallel job takes a connection; drive it from several machines if more is really meant.',
  })
}

/** What a run's end means to a script: null is exit code 0. Of a run of one job that one's failure is the answer. */
function failureOf(outcome: RunOutcome, jobId: string | null): TrancheError | null {
  const { migration, reason, jobsFailed } = outcome
  const details = { outcome }
  switch (reason) {
    case 'finished':
    case 'nothing_to_do':
      return null
    case 'job_limit':
      if (jobId === null || jobsFailed === 0) return null
      return new TrancheError('job_failed', `job ${jobId} of migration ${migration.id} failed`, {
        remedy: `See why with: tranche failures ${migration.id} --job ${jobId}`,
        details,
      })
    case 'failed':
      return new TrancheError(
        'migration_failed',
        `migration ${migration.id} failed: ${describeFailure(outcome.failure)}`,
        {
          remedy: `Look at them with: tranche failures ${migration.id}, then: tranche retry ${migration.id}`,
          details,
        },
      )
    case 'paused':
      return stopped(
        `migration ${migration.id} was paused meanwhile`,
        `See who did it with: tranche events ${migration.id}; go on with: tranche resume ${migration.id}`,
      )
    case 'taken_over':
      return stopped(
        `migration ${migration.id} was taken over by another runner`,
        `See which with: tranche status ${migration.id}`,
      )
    case 'aborted':
      return stopped(
        `the run of migration ${migration.id} was stopped before its end`,
        `What was committed stays; go on with: tranche run ${migration.id}`,
      )
  }
  function stopped(message: string, remedy: string): TrancheError {
    return new TrancheError('stopped', message, { remedy, details })
  }
}
