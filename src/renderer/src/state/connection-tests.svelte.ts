import type { ConnectionTest } from '../../../shared/connection-view.ts'
import { Loaded } from './loaded.svelte.ts'

interface Kept {
  /** The address and the rest that was tested, as text. */
  readonly tested: string
  readonly test: Loaded<ConnectionTest>
}

/** The last test of each saved connection, as long as the page lives; one of other settings is none. */
export class ConnectionTests {
  readonly #kept = new Map<string, Kept>()

  of(connectionId: string, tested: string): Loaded<ConnectionTest> {
    const kept = this.#kept.get(connectionId)
    if (kept?.tested === tested) return kept.test
    const test = new Loaded<ConnectionTest>()
    this.keep(connectionId, { tested, test })
    return test
  }

  keep(connectionId: string, kept: Kept): void {
    this.#kept.set(connectionId, kept)
  }
}
