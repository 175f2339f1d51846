import { type AppError, toAppError } from '../../../shared/errors.ts'

/** What the operator asked for and what became of it; one thing at a time. */
export class Doing {
  /** In words, for the button that shows it: `Pausing`. */
  name = $state<string | null>(null)
  error = $state.raw<AppError | null>(null)
  #last: Promise<unknown> = Promise.resolve()

  get isBusy(): boolean {
    return this.name !== null
  }

  /** Whether it was done. While something else is being done, nothing is. */
  async run(name: string, act: () => Promise<unknown>): Promise<boolean> {
    if (this.name !== null) return false
    this.name = name
    this.error = null
    const done = this.#perform(act)
    this.#last = done
    return done
  }

  /** As `run`, once what is being done is over: for what an operator must never be denied. */
  async runNext(name: string, act: () => Promise<unknown>): Promise<boolean> {
    while (this.name !== null) await this.#last
    return this.run(name, act)
  }

  async #perform(act: () => Promise<unknown>): Promise<boolean> {
    try {
      await act()
      return true
    } catch (error) {
      this.error = toAppError(error)
      return false
    } finally {
      this.name = null
    }
  }

  dismiss(): void {
    this.error = null
  }
}
