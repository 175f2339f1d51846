import { MediaQuery } from 'svelte/reactivity'

/** Which parts of the window are open. The rail follows the width of the window until somebody opens or closes it. */
export class WindowLayout {
  readonly #isNarrow = new MediaQuery('(max-width: 1120px)')
  #chosenRail = $state<boolean | null>(null)
  isInspectorOpen = $state(true)

  get isRailWide(): boolean {
    return this.#chosenRail ?? !this.#isNarrow.current
  }

  toggleRail(): void {
    this.#chosenRail = !this.isRailWide
  }

  toggleInspector(): void {
    this.isInspectorOpen = !this.isInspectorOpen
  }
}
