import { untrack } from 'svelte'
import { isSelected, rowsOf } from './roving.ts'
import { textOfRow } from './row-text.ts'

/**
 * Keys of the console. One listener for all; a component adds its own while it is shown, the newest wins. Letters are for
 * nobody while something is typed, and an operator may turn them off.
 */
export interface KeyBinding {
  /** `g c` is a chord, `Mod k` is ⌘ or Ctrl with k. */
  readonly key: string
  readonly does: string
  /** Of every page. */
  readonly isOfWindow?: boolean
  readonly act: () => void
}

interface Options {
  readonly hasLetterKeys: () => boolean
  /** Of the row that has the focus. */
  readonly oncopy: (text: string) => void
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
    if (event.defaultPrevented || event.altKey) return
    if (document.querySelector('dialog[open]') !== null) return
    if (event.ctrlKey || event.metaKey) {
      this.#hearWithMod(event)
      return
    }
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
    if (this.#act(wanted) || moveInList(wanted)) event.preventDefault()
  }

  #hearWithMod(event: KeyboardEvent): void {
    const key = event.key.toLowerCase()
    const row = key === 'c' && !isTyping(event.target) ? focusedRow() : null
    if (row !== null) this.#options.oncopy(textOfRow(row))
    if (row !== null || this.#act(`Mod ${key}`)) event.preventDefault()
  }

  #act(wanted: string): boolean {
    const found = this.bindings.findLast((binding) => binding.key === wanted)
    found?.act()
    return found !== undefined
  }
}

/** Text that is selected is copied as it is, by the browser. */
function focusedRow(): Element | null {
  const isMarked = document.getSelection()?.isCollapsed === false
  const active = document.activeElement
  return !isMarked && active?.matches('[data-row]') === true ? active : null
}

function isTyping(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && target.closest('input, textarea, select, [contenteditable]') !== null
}

/** In a control Space and Enter are the control's own. */
function isPressedBy(key: string, target: EventTarget | null): boolean {
  if (key !== 'Space' && key !== 'Enter') return false
  return target instanceof HTMLElement && target.closest('button, summary, a, [role="slider"]') !== null
}

/** j and k, or the arrows, move the focus along the rows of the list that has it, or of the first one; Home and End within one. */
function moveInList(key: string): boolean {
  const active = document.activeElement
  const own = active?.closest('[data-list]') ?? null
  const list = own ?? document.querySelector('main [data-list]')
  const rows = list === null ? [] : rowsOf(list)
  const next = rowFor(key, rows, { active, isInside: own !== null })
  next?.focus()
  return next !== undefined
}

function rowFor(
  key: string,
  rows: readonly HTMLElement[],
  { active, isInside }: { readonly active: Element | null; readonly isInside: boolean },
): HTMLElement | undefined {
  const at = rows.findIndex((row) => row === active)
  const moved = (step: number): HTMLElement | undefined =>
    rows[at === -1 ? Math.max(0, rows.findIndex(isSelected)) : Math.min(rows.length - 1, Math.max(0, at + step))]
  switch (key) {
    case 'j':
    case 'ArrowDown':
      return moved(1)
    case 'k':
    case 'ArrowUp':
      return moved(-1)
    case 'Home':
      return isInside ? rows[0] : undefined
    case 'End':
      return isInside ? rows.at(-1) : undefined
    default:
      return undefined
  }
}
