import type { SteppedMigrationValue } from '../../../../shared/stepped-view.ts'
import type { Console } from '../../state/console.svelte.ts'
import type { Doing } from '../../state/doing.svelte.ts'

/** `adapter` null: the target itself. */
export interface WantedConnection {
  readonly name: string
  readonly adapter: string | null
  readonly vectorStorage: 'vector' | 'real'
  readonly prefix: string
  readonly isIndexingEnabled: boolean
}

/** What an operator may do with stepped migrations; the state follows by itself. */
export class SteppedDeeds {
  readonly #console: Console
  readonly #doing: Doing
  readonly #connectionId: string

  constructor(console: Console, doing: Doing, connectionId: string) {
    this.#console = console
    this.#doing = doing
    this.#connectionId = connectionId
  }

  /** To the end of what can be done now, or a run every five minutes until it is stopped. */
  readonly start = async ({ toEnd }: { readonly toEnd: boolean }): Promise<void> => {
    await this.#do('Starting', 'Runs what is pending, the lowest version first, in this console.', async (of) =>
      this.#console.api('stepped.start', { ...of, toEnd }),
    )
  }

  readonly stop = async (): Promise<void> => {
    await this.#doing.runNext('Stopping', async () =>
      this.#console.api('stepped.stop', { connectionId: this.#connectionId }),
    )
  }

  readonly retry = async (version: string): Promise<void> => {
    await this.#do(
      'Retrying',
      `${version} gets its three tries back; completed operations stay completed.`,
      async (of) => this.#console.api('stepped.retry', { ...of, version }),
    )
  }

  readonly skip = async (version: string, reason: string): Promise<void> => {
    await this.#do('Skipping', `${version} is passed over for good, and what is behind it runs.`, async (of) =>
      this.#console.api('stepped.skip', { ...of, version, reason }),
    )
  }

  /** Asked everywhere: what was completed is run again. null: of every migration. */
  readonly reset = async (version: string | null, migrations: readonly SteppedMigrationValue[]): Promise<void> => {
    const act = `Reset ${version ?? 'all'}`
    const approved = migrations.filter((each) => each.approved !== null && (version ?? each.version) === each.version)
    const withdrawn =
      version === null
        ? `Approvals are withdrawn: ${approved.map((each) => each.version).join(', ')} would wait for one again.`
        : 'Its approval is withdrawn: it waits for one again.'
    const isSure = await this.#console.confirming.ask({
      title: act,
      text: `Every operation of ${version === null ? 'every migration' : 'it'} runs again, the completed ones too. They are made to be safe to repeat.${approved.length === 0 ? '' : ` ${withdrawn}`}`,
      act,
    })
    if (!isSure) return
    await this.#doing.run('Resetting', async () =>
      this.#console.api('stepped.reset', { connectionId: this.#connectionId, version, isConfirmed: true }),
    )
  }

  /** A corrected file counts from the next reading on. */
  readonly readCatalogue = async (): Promise<void> => {
    await this.#doing.run('Reading', async () =>
      this.#console.api('catalogue.reload', { connectionId: this.#connectionId }),
    )
  }

  readonly connect = async (wanted: WantedConnection): Promise<boolean> =>
    this.#do('Connecting', `Operations act through the connection ${wanted.name} from now on.`, async (of) =>
      this.#console.api('stepped.connect', { ...of, ...wanted }),
    )

  async #do(
    name: string,
    text: string,
    act: (of: { readonly connectionId: string; readonly isConfirmed: true }) => Promise<unknown>,
  ): Promise<boolean> {
    const isSure = await this.#console.confirm('stepped', {
      title: 'Stepped migrations on PRODUCTION',
      text,
      act: 'Go on',
    })
    if (!isSure) return false
    return this.#doing.run(name, async () => act({ connectionId: this.#connectionId, isConfirmed: true }))
  }
}
