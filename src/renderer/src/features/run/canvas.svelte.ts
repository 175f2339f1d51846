/** A canvas that is as sharp as the screen and knows the tokens' colours of now. */
import type { Palette } from './draw-strip.ts'

const COLOURS = [
  'bg0',
  'bg1',
  'line',
  'edge',
  'text1',
  'text2',
  'text3',
  'focus',
  'pending',
  'running',
  'holding',
  'paused',
  'retrying',
  'failed',
  'done',
  'finalized',
  'done-1',
  'done-2',
  'done-3',
  'done-4',
  'done-5',
] as const

/** Tokens are light-dark() pairs; what they are now only an element can tell. */
function readPalette(element: HTMLElement): Palette {
  const style = getComputedStyle(element)
  const before = { color: element.style.color, forcedColorAdjust: element.style.forcedColorAdjust }
  // Else each of them is the one colour of the system.
  element.style.forcedColorAdjust = 'none'
  const palette = Object.fromEntries(
    COLOURS.map((name) => {
      element.style.color = `var(--${name})`
      return [name, style.color]
    }),
  )
  Object.assign(element.style, before)
  return palette
}

export function prepare(canvas: HTMLCanvasElement, width: number, height: number): CanvasRenderingContext2D | null {
  const scale = window.devicePixelRatio
  canvas.width = Math.round(width * scale)
  canvas.height = Math.round(height * scale)
  canvas.style.width = `${String(width)}px`
  canvas.style.height = `${String(height)}px`
  const context = canvas.getContext('2d')
  context?.scale(scale, scale)
  return context
}

/** Has what is drawn drawn again when the theme changes or the fonts arrive. */
export class Redraws {
  #count = $state(0)
  #palette: Palette | null = null
  readonly #queries = ['(prefers-color-scheme: dark)', '(forced-colors: active)'].map((query) =>
    window.matchMedia(query),
  )
  readonly #observer = new MutationObserver(() => this.#redraw())
  readonly #redraw = (): void => {
    this.#palette = null
    this.#count += 1
  }

  constructor() {
    for (const query of this.#queries) query.addEventListener('change', this.#redraw)
    this.#observer.observe(document.documentElement, { attributeFilter: ['data-theme'] })
    void document.fonts.ready.then(this.#redraw)
  }

  /** Read once for each theme: asking an element for a colour has the whole page's style computed. */
  palette(element: HTMLElement): Palette {
    // What draws with it draws again when it is another one.
    void this.#count
    this.#palette ??= readPalette(element)
    return this.#palette
  }

  stop(): void {
    for (const query of this.#queries) query.removeEventListener('change', this.#redraw)
    this.#observer.disconnect()
  }
}
