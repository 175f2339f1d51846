import { type AppError, toAppError } from '../../../../shared/errors.ts'
import type { HasOnQuarantine, QuarantinedRowValue } from '../../../../shared/quarantine-view.ts'
import type { Console } from '../../state/console.svelte.ts'

const PAGE_ROWS = 100

/** The rows in quarantine of one migration, page by page. */
export class Quarantine {
  rows = $state.raw<readonly QuarantinedRowValue[]>([])
  error = $state.raw<AppError | null>(null)
  isRead = $state(false)
  hasOnQuarantine = $state<HasOnQuarantine>(null)
  sinceMs = $state<number | null>(null)
  #next = $state.raw<string | null>(null)
  readonly #console: Console
  readonly #of: { readonly connectionId: string; readonly migrationId: string }

  constructor(console: Console, of: { readonly connectionId: string; readonly migrationId: string }) {
    this.#console = console
    this.#of = of
  }

  get hasMore(): boolean {
    return this.#next !== null
  }

  /** As far as it was read, and at least a page: rows that came since are behind. */
  async read(): Promise<void> {
    await this.#page(null)
  }

  async readMore(): Promise<void> {
    await this.#page(this.#next)
  }

  async #page(after: string | null): Promise<void> {
    this.sinceMs = Date.now()
    try {
      const { items, next, hasOnQuarantine } = await this.#console.api('failures.quarantined', {
        ...this.#of,
        limit: PAGE_ROWS,
        ...(after === null ? {} : { after }),
      })
      this.rows = after === null ? items : [...this.rows, ...items]
      this.#next = next
      this.hasOnQuarantine = hasOnQuarantine
      this.isRead = true
      this.error = null
    } catch (error) {
      this.error = toAppError(error)
    } finally {
      this.sinceMs = null
    }
  }
}
