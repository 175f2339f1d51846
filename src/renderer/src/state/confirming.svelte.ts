/** The plain question of production; the typed phrase of finalizing has a dialog of its own. */
export interface Question {
  readonly title: string
  readonly text: string
  /** Verb and object, for the button. */
  readonly act: string
}

export class Confirming {
  question = $state.raw<Question | null>(null)
  #answer: ((isYes: boolean) => void) | null = null

  async ask(question: Question): Promise<boolean> {
    this.#answer?.(false)
    this.question = question
    return new Promise((resolve) => {
      this.#answer = resolve
    })
  }

  answer(isYes: boolean): void {
    this.question = null
    this.#answer?.(isYes)
    this.#answer = null
  }
}
