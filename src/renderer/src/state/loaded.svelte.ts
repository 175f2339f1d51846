import { type AppError, toAppError } from '../../../shared/errors.ts'

/** Something read from the backend: what was read last stays while it is read again. */
export class Loaded<Value> {
  value = $state.raw<Value | null>(null)
  error = $state.raw<AppError | null>(null)
  /** Since when it is being read; null: it is not. */
  sinceMs = $state<number | null>(null)
  #turn = 0

  async load(read: () => Promise<Value>): Promise<void> {
    this.#turn += 1
    const turn = this.#turn
    this.sinceMs = Date.now()
    try {
      const value = await read()
      // An answer that came after a newer question is nobody's.
      if (turn !== this.#turn) return
      this.value = value
      this.error = null
    } catch (error) {
      if (turn === this.#turn) this.error = toAppError(error)
    } finally {
      if (turn === this.#turn) this.sinceMs = null
    }
  }

  /** Forgets what was read, and any answer on its way. */
  clear(): void {
    this.#turn += 1
    this.value = null
    this.error = null
    this.sinceMs = null
  }
}
