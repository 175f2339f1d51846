/** What a browser has and jsdom lacks. */
import { beforeEach, vi } from 'vitest'

/** Its element knows `open` and nothing else; that it keeps the focus inside and hears Esc is seen in Chromium. */
HTMLDialogElement.prototype.showModal = function () {
  this.open = true
  this.querySelector<HTMLElement>('input, button')?.focus()
}
HTMLDialogElement.prototype.close = function () {
  if (!this.open) return
  this.open = false
  this.dispatchEvent(new Event('close'))
}

/** There is no layout: no query about the window's size holds. */
window.matchMedia = (media) => Object.assign(new EventTarget(), { media, matches: false }) as MediaQueryList
/** Nothing has a size, and no theme or font changes. */
const nothing = (): void => undefined
globalThis.ResizeObserver = class {
  readonly observe = nothing
  readonly unobserve = nothing
  readonly disconnect = nothing
}
HTMLCanvasElement.prototype.getContext = () => null
Object.defineProperty(document, 'fonts', { configurable: true, value: { ready: Promise.resolve() } })

/** Time passes when a test says so; see `settle` and `rest` of open-console.ts. */
beforeEach(() => {
  vi.useFakeTimers()
  return () => {
    vi.useRealTimers()
    document.body.replaceChildren()
    window.history.replaceState(null, '', '#')
  }
})
