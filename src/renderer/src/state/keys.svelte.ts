import { untrack } from 'svelte'

/**
 * Keys of the console. One listener for all; a component adds its own while it is shown, the newest wins. Letters are for
 * nobody while something is typed, and an operator may turn them off.
 */
export interface KeyBinding {
  readonly key: string
  readonly does: string
  readonly act: () => void
}

interface Options {
  readonly hasLetterKeys: () => boolean
}

const CHORD_MS = 1_500

export class Keys {
  /** Those that act now, for the sheet. */
  bindings = $state.raw<readonly KeyBinding[]>([])
  readonly #options: Options
  #chordAtMs = -Infinity

  constructor(options: Options) {
    this.#options = options
  }

  add(bindings: readonly KeyBinding[]): () => void {
    // Untracked: the effect that adds them must not run again because somebody else added some.
    untrack(() => {
      this.bindings = [...this.bindings, ...bindings]
    })
    return () => {
      untrack(() => {
        this.bindings = this.bindings.filter((binding) => !bindings.includes(binding))
      })
    }
  }

  readonly hear = (event: KeyboardEvent): void => {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return
    if (document.querySelector('dialog[open]') !== null) return
    if (isTyping(event.target)) {
      // The way out of a field, back to the keys of the page.
      if (event.key === 'Escape' && event.target instanceof HTMLElement) event.target.blur()
      return
    }
    const key = event.key === ' ' ? 'Space' : event.key
    if (isPressedBy(key, event.target)) return
    if (key.length === 1 && !this.#options.hasLetterKeys()) return
    const isChord = event.timeStamp - this.#chordAtMs < CHORD_MS
    this.#chordAtMs = -Infinity
    if (key === 'g' && !isChord) {
      this.#chordAtMs = event.timeStamp
      return
    }
    const wanted = isChord ? `g ${key}` : key
    const found = this.bindings.findLast((binding) => binding.key === wanted)
    if (found !== undefined) {
      event.preventDefault()
      found.act()
      return
    }
    if (moveInList(wanted)) event.preventDefault()
  }
}

function isTyping(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && target.closest('input, textarea, select, [contenteditable]') !== null
}

/** On a button Space and Enter are its own, on a link or the strip Enter is. */
function isPressedBy(key: string, target: EventTarget | null): boolean {
  const pressable = { Space: 'button, summary', Enter: 'button, summary, a, [role="slider"]' }[key]
  return pressable !== undefined && target instanceof HTMLElement && target.closest(pressable) !== null
}

/** j and k, or the arrows, move the focus along the rows of the list that has it, or of the first one. */
function moveInList(key: string): boolean {
  const step = key === 'j' || key === 'ArrowDown' ? 1 : key === 'k' || key === 'ArrowUp' ? -1 : 0
  if (step === 0) return false
  const active = document.activeElement
  const list = active?.closest('[data-list]') ?? document.querySelector('main [data-list]')
  const rows = [...(list?.querySelectorAll<HTMLElement>('[data-row]') ?? [])]
  const at = rows.findIndex((row) => row === active)
  const selected = rows.findIndex((row) => row.matches('[aria-current="true"], [aria-current="page"]'))
  const next = rows[at === -1 ? Math.max(0, selected) : Math.min(rows.length - 1, Math.max(0, at + step))]
  next?.focus()
  return next !== undefined
}
