import type { AppEvent } from '../../../../shared/app-event.ts'
import type { JobCell } from '../../../../shared/job-view.ts'
import { type AppError, toAppError } from '../../../../shared/errors.ts'
import type { Console } from '../../state/console.svelte.ts'

/** The jobs of one migration in order of their making: read in pages, then kept by events. */
export class StripCells {
  cells = $state.raw<readonly JobCell[]>([])
  error = $state.raw<AppError | null>(null)
  isRead = $state(false)
  readonly #console: Console
  readonly #of: { readonly connectionId: string; readonly migrationId: string }
  readonly #byId = new Map<string, JobCell>()
  readonly #unsubscribe: () => void
  #isClosed = false
  #isDrawing = false

  constructor(console: Console, of: { readonly connectionId: string; readonly migrationId: string }) {
    this.#console = console
    this.#of = of
    this.#unsubscribe = console.replica.onEvent((event) => this.#hear(event))
  }

  /** From the target or, where that does not answer, from the local copy of what it said. */
  async read(isLost: boolean): Promise<void> {
    try {
      let after: string | null = null
      do {
        const page: { readonly items: readonly JobCell[]; readonly next: string | null } = await this.#console.api(
          isLost ? 'history.jobs' : 'jobs.page',
          { ...this.#of, limit: 2_000, ...(after === null ? {} : { after }) },
        )
        for (const cell of page.items) this.#put(cell)
        after = page.next
        this.#show()
      } while (after !== null && !this.#isClosed)
      this.error = null
    } catch (error) {
      this.error = toAppError(error)
    } finally {
      this.isRead = true
    }
  }

  close(): void {
    this.#isClosed = true
    this.#unsubscribe()
  }

  #hear(event: AppEvent): void {
    if (event.kind !== 'jobs') return
    if (event.connectionId !== this.#of.connectionId || event.migrationId !== this.#of.migrationId) return
    for (const cell of event.cells) this.#put(cell)
    // Several events may arrive in one frame; the strip is drawn once.
    if (this.#isDrawing) return
    this.#isDrawing = true
    requestAnimationFrame(() => {
      this.#isDrawing = false
      this.#show()
    })
  }

  #put(cell: JobCell): void {
    this.#byId.set(cell.id, cell)
  }

  #show(): void {
    this.cells = [...this.#byId.values()].sort((a, b) => Number(BigInt(a.id) - BigInt(b.id)))
  }
}
