/** Says for a moment what was done; nothing that somebody has to act on. */
const SHOWN_MS = 3_000

export class Notice {
  text = $state<string | null>(null)
  #timer: ReturnType<typeof setTimeout> | undefined

  say(text: string): void {
    clearTimeout(this.#timer)
    this.text = text
    this.#timer = setTimeout(() => (this.text = null), SHOWN_MS)
  }
}
