import { type AppError, toAppError } from '../../../../shared/errors.ts'
import type { JournalEntry } from '../../../../shared/history-view.ts'
import type { Console } from '../../state/console.svelte.ts'

type Only = 'actions' | 'all' | 'failures'

/** The journal of one connection from the local copy, page by page; what arrives is put on top. */
export class Journal {
  entries = $state.raw<readonly JournalEntry[]>([])
  error = $state.raw<AppError | null>(null)
  isRead = $state(false)
  #next = $state.raw<string | null>(null)
  #question: { readonly connectionId: string; readonly only: Only } | null = null
  readonly #console: Console
  readonly #unsubscribe: () => void

  constructor(console: Console) {
    this.#console = console
    this.#unsubscribe = console.replica.onEvent((event) => {
      if (event.kind === 'log' && event.connectionId === this.#question?.connectionId) void this.#top()
    })
  }

  get hasMore(): boolean {
    return this.#next !== null
  }

  get newestAtMs(): number | null {
    return this.entries[0]?.atMs ?? null
  }

  async read(connectionId: string | null, only: Only): Promise<void> {
    this.entries = []
    this.isRead = false
    this.#question = connectionId === null ? null : { connectionId, only }
    await this.#page(null)
    this.isRead = true
  }

  async readOlder(): Promise<void> {
    await this.#page(this.#next)
  }

  close(): void {
    this.#unsubscribe()
  }

  async #top(): Promise<void> {
    await this.#page(null, { isTop: true })
  }

  async #page(after: string | null, { isTop = false } = {}): Promise<void> {
    const question = this.#question
    if (question === null) return
    try {
      const { items, next } = await this.#console.api('events.page', {
        ...question,
        limit: 100,
        ...(after === null ? {} : { after }),
      })
      // The question may have changed while it was answered.
      if (question !== this.#question) return
      const byId = new Map([...this.entries, ...items].map((entry) => [entry.entryId, entry]))
      this.entries = [...byId.values()].sort((a, b) => b.atMs - a.atMs || Number(b.entryId) - Number(a.entryId))
      if (!isTop || this.#next === null) this.#next = next
      this.error = null
    } catch (error) {
      this.error = toAppError(error)
    }
  }
}
