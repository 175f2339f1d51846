import type { MigrationView } from '../../../../shared/app-state.ts'
import type { MigrationStateValue } from '../../../../shared/cli-output.ts'
import { reasonOfHold } from '../../../../shared/health.ts'
import { saveFile } from '../../parts/save-file.ts'
import type { Console } from '../../state/console.svelte.ts'
import type { Doing } from '../../state/doing.svelte.ts'

interface Of {
  readonly connectionId: string
  readonly migrationId: string
}

/** What an operator may do on the monitor. Each answers with the truth of the target: nothing is shown before it is so. */
export class RunDeeds {
  readonly #console: Console
  readonly #of: Of
  readonly #doing: Doing

  constructor(console: Console, of: Of, doing: Doing) {
    this.#console = console
    this.#of = of
    this.#doing = doing
  }

  readonly pause = async (): Promise<void> => {
    await this.#doing.runNext('Pausing', async () => this.#console.api('migrations.pause', this.#of))
  }

  readonly stop = async (): Promise<void> => {
    await this.#doing.runNext('Stopping', async () => this.#console.api('run.stop', this.#of))
  }

  readonly run = async ({ jobClassName }: Pick<MigrationStateValue, 'jobClassName'>): Promise<void> => {
    const isSure = await this.#console.confirm('run', {
      title: 'Run on PRODUCTION',
      text: `${jobClassName} starts writing now, in this console, ignoring its interval. It can be paused or stopped at any time.`,
      act: 'Run migration',
    })
    if (isSure) {
      await this.#doing.run('Starting', async () => this.#console.api('run.start', { ...this.#of, isConfirmed: true }))
    }
  }

  /** Ignoring health is a decision in every environment, so it is always asked. */
  readonly runAnyway = async ({
    jobClassName,
    hold,
  }: Pick<MigrationStateValue, 'jobClassName' | 'hold'>): Promise<void> => {
    const because = hold === null ? '' : ` Now: ${reasonOfHold(hold)}.`
    const isSure = await this.#console.confirming.ask({
      title: 'Run although health says stop',
      text: `${jobClassName} is run in this console, and no indicator is asked until that run ends.${because} A run of this console that waits is ended first.`,
      act: 'Run anyway',
    })
    if (!isSure) return
    await this.#doing.run('Starting', async () =>
      this.#console.api('run.start', { ...this.#of, isForced: true, isConfirmed: true }),
    )
  }

  /** A pause ends this console's run; resuming gives back what the pause took. */
  resumeText({ run }: MigrationView): string {
    return endedByPause(run) ? 'Resume and run' : 'Resume'
  }

  readonly resume = async ({ state, run }: MigrationView): Promise<void> => {
    const isSure = await this.#console.confirm('resume', {
      title: 'Resume on PRODUCTION',
      text: `${state.jobClassName} becomes active again: runners that are there may write at once.`,
      act: 'Resume migration',
    })
    if (!isSure) return
    await this.#doing.run('Resuming', async () => {
      await this.#console.api('migrations.resume', { ...this.#of, isConfirmed: true })
      if (endedByPause(run)) await this.#console.api('run.start', { ...this.#of, isConfirmed: true })
    })
  }

  readonly startSchedule = async (): Promise<void> => {
    const { connectionId } = this.#of
    const isSure = await this.#console.confirm('work', {
      title: 'Schedule on PRODUCTION',
      text: 'This console drives every active migration of the target, each at its interval, until the schedule is stopped.',
      act: 'Start schedule',
    })
    if (!isSure) return
    await this.#doing.run('Starting', async () =>
      this.#console.api('schedule.start', { connectionId, isConfirmed: true }),
    )
  }

  readonly stopSchedule = async (): Promise<void> => {
    const { connectionId } = this.#of
    await this.#doing.run('Stopping', async () => this.#console.api('schedule.stop', { connectionId }))
  }

  /** The target does not answer: it is tried at once, whenever the next try would be. */
  readonly tryAgain = async (): Promise<void> => {
    const { connectionId } = this.#of
    await this.#doing.run('Trying', async () => this.#console.api('connections.retry', { connectionId }))
  }

  readonly report = async (): Promise<void> => {
    await this.#doing.run('Writing the report', async () => {
      const { fileName, text } = await this.#console.api('report.markdown', this.#of)
      saveFile(fileName, text)
    })
  }
}

function endedByPause(run: MigrationView['run']): boolean {
  if (run === null) return false
  return run.end === null || ('outcome' in run.end && run.end.outcome.reason === 'paused')
}
