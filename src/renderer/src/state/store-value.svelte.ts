import { createSubscriber } from 'svelte/reactivity'
import type { StoreApi } from 'zustand/vanilla'

/** A selected part of a store, read reactively. Selectors return stored references: no `filter` or `map` inside. */
export class StoreValue<State, Value> {
  readonly #store: StoreApi<State>
  readonly #select: (state: State) => Value
  readonly #track: () => void

  constructor(store: StoreApi<State>, select: (state: State) => Value) {
    this.#store = store
    this.#select = select
    this.#track = createSubscriber((update) =>
      store.subscribe((state, previous) => {
        if (!Object.is(select(state), select(previous))) update()
      }),
    )
  }

  get current(): Value {
    this.#track()
    return this.#select(this.#store.getState())
  }
}
