import { type AppError, toAppError } from '../../../../shared/errors.ts'
import type { JournalEntry } from '../../../../shared/history-view.ts'
import type { Page } from '../../../../shared/job-view.ts'
import { newestFirst } from '../../parts/newest-first.ts'
import type { Console } from '../../state/console.svelte.ts'

export type Only = 'actions' | 'all' | 'failures'

export interface JournalQuestion {
  readonly connectionId: string
  readonly only: Only
  /** Empty: all. */
  readonly find: string
}

/** As much as is written into one file; older entries are behind a narrower question. */
const EXPORT_ENTRIES = 20_000

/** The journal of one connection from the local copy, page by page; what arrives is put on top. */
export class Journal {
  entries = $state.raw<readonly JournalEntry[]>([])
  error = $state.raw<AppError | null>(null)
  isRead = $state(false)
  #next = $state.raw<string | null>(null)
  /** Another question was put, and is not answered yet. */
  #isAsked = false
  #question: JournalQuestion | null = null
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

  async read(question: JournalQuestion | null): Promise<void> {
    this.#question = question
    this.#isAsked = true
    await this.#page(null)
    this.isRead = true
  }

  /** Everything that the question asks for, newest first, also what is not on screen yet. */
  async readAll(): Promise<readonly JournalEntry[]> {
    const question = this.#question
    const all: JournalEntry[] = []
    let after: string | null = null
    while (question !== null && all.length < EXPORT_ENTRIES) {
      const { items, next }: Page<JournalEntry> = await this.#ask(question, after, 500)
      all.push(...items)
      if (next === null) break
      after = next
    }
    return all
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
      const { items, next } = await this.#ask(question, after, 100)
      // The question may have changed while it was answered.
      if (question !== this.#question) return
      // What the question before it asked for stays on screen until there is an answer.
      const kept = this.#isAsked ? [] : this.entries
      this.#isAsked = false
      this.entries = newestFirst(kept, items)
      if (!isTop || this.#next === null) this.#next = next
      this.error = null
    } catch (error) {
      this.error = toAppError(error)
    }
  }

  async #ask({ find, ...question }: JournalQuestion, after: string | null, limit: number): Promise<Page<JournalEntry>> {
    return this.#console.api('events.page', {
      ...question,
      limit,
      ...(find === '' ? {} : { find }),
      ...(after === null ? {} : { after }),
    })
  }
}
