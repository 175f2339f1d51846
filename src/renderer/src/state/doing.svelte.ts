import { type AppError, toAppError } from '../../../shared/errors.ts'

/** What the operator asked for and what became of it; one thing at a time. */
export class Doing {
  /** In words, for the button that shows it: `Pausing`. */
  name = $state<string | null>(null)
  error = $state.raw<AppError | null>(null)

  get isBusy(): boolean {
    return this.name !== null
  }

  /** Whether it was done. */
  async run(name: string, act: () => Promise<unknown>): Promise<boolean> {
    if (this.name !== null) return false
    this.name = name
    this.error = null
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
