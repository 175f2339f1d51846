import type { Console } from '../../state/console.svelte.ts'
import type { RetrySize } from '../../../../shared/retry-size.ts'
import type { Doing } from '../../state/doing.svelte.ts'

interface Of {
  readonly connectionId: string
  readonly migrationId: string
}

/** What is retried: all that failed, the jobs of one group, or one job. */
export interface Retried {
  readonly jobId?: string
  readonly group?: string
}

/** What an operator may do with failed jobs; `onchanged` reads them again. */
export class FailuresDeeds {
  readonly #console: Console
  readonly #of: Of
  readonly #doing: Doing
  readonly #onchanged: () => Promise<void>

  constructor(console: Console, of: Of, doing: Doing, onchanged: () => Promise<void>) {
    this.#console = console
    this.#of = of
    this.#doing = doing
    this.#onchanged = onchanged
  }

  readonly retry = async (what: Retried, size: RetrySize): Promise<void> => {
    const isSure = await this.#console.confirm('retry', {
      title: 'Retry on PRODUCTION',
      text: 'Failed jobs get their attempts back and go on behind their last committed row. Runners that are there may take them at once.',
      act: 'Retry failed jobs',
    })
    if (!isSure) return
    await this.#doing.run('Retrying', async () => {
      await this.#console.api('migrations.retry', { ...this.#of, ...what, size, isConfirmed: true })
      await this.#onchanged()
    })
  }

  readonly split = async (jobId: string): Promise<void> => {
    const isSure = await this.#console.confirm('split', {
      title: 'Split on PRODUCTION',
      text: 'The job is divided in two of half its batch size; both are pending with all their attempts, and go on behind what is committed.',
      act: 'Split job',
    })
    if (!isSure) return
    await this.#doing.run('Splitting', async () => {
      await this.#console.api('jobs.split', { ...this.#of, jobId, isConfirmed: true })
      await this.#onchanged()
    })
  }

  readonly runAlone = async (jobId: string): Promise<void> => {
    const isSure = await this.#console.confirm('run', {
      title: 'Run one job on PRODUCTION',
      text: `Job ${jobId} is run now in this console, it alone and once.`,
      act: 'Run job',
    })
    if (!isSure) return
    await this.#doing.run('Starting', async () =>
      this.#console.api('run.start', { ...this.#of, jobId, isConfirmed: true }),
    )
  }
}
