import type { AppEvent } from '../../../../shared/app-event.ts'
import { type AppError, toAppError } from '../../../../shared/errors.ts'
import type { LogEntry } from '../../../../shared/history-view.ts'
import { newestFirst } from '../../parts/newest-first.ts'
import type { Console } from '../../state/console.svelte.ts'

const MOST = 2_000

/** The log of one migration, newest first: the last page, what arrives, and older pages on demand. */
export class LogTail {
  entries = $state.raw<readonly LogEntry[]>([])
  error = $state.raw<AppError | null>(null)
  isRead = $state(false)
  #next = $state.raw<string | null>(null)
  readonly #console: Console
  readonly #of: { readonly connectionId: string; readonly migrationId: string }
  readonly #unsubscribe: () => void

  constructor(console: Console, of: { readonly connectionId: string; readonly migrationId: string }) {
    this.#console = console
    this.#of = of
    this.#unsubscribe = console.replica.onEvent((event) => this.#hear(event))
  }

  get hasMore(): boolean {
    return this.#next !== null
  }

  async read(): Promise<void> {
    await this.#page(null)
    this.isRead = true
  }

  async readOlder(): Promise<void> {
    await this.#page(this.#next)
  }

  close(): void {
    this.#unsubscribe()
  }

  async #page(after: string | null): Promise<void> {
    try {
      const { items, next } = await this.#console.api('events.page', {
        ...this.#of,
        limit: 200,
        ...(after === null ? {} : { after }),
      })
      this.#merge(items)
      this.#next = next
      this.error = null
    } catch (error) {
      this.error = toAppError(error)
    }
  }

  #hear(event: AppEvent): void {
    if (event.kind !== 'log' || event.connectionId !== this.#of.connectionId) return
    this.#merge(event.entries.filter(({ migrationId }) => migrationId === this.#of.migrationId))
  }

  #merge(more: readonly LogEntry[]): void {
    if (more.length === 0) return
    this.entries = newestFirst(this.entries, more).slice(0, MOST)
  }
}
