/** The time of the page, once a second, for ages and elapsed times. One timer for all of them. */
export class Clock {
  nowMs = $state(Date.now())
  readonly #timer = setInterval(() => {
    this.nowMs = Date.now()
  }, 1_000)

  stop(): void {
    clearInterval(this.#timer)
  }
}
