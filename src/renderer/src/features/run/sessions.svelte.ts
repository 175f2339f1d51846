import type { SessionView } from '../../../../shared/session-view.ts'
import type { Console } from '../../state/console.svelte.ts'
import { Loaded } from '../../state/loaded.svelte.ts'
import { type LockWait, lockWaitOf } from './session-words.ts'

const ASK_MS = 2_000

interface Answer {
  readonly sessions: readonly SessionView[]
  readonly readAtMs: number
}

/** Our sessions in the target, asked for again and again while something runs there and somebody looks. */
export class Sessions {
  readonly answer = new Loaded<Answer>()
  /** For whose lock one of ours waits; null: for nobody's. */
  lockWait = $state.raw<LockWait | null>(null)
  readonly #console: Console
  readonly #connectionId: string

  constructor(console: Console, connectionId: string) {
    this.#console = console
    this.#connectionId = connectionId
  }

  /** The function that is returned ends it. */
  follow(): () => void {
    const ask = (): void =>
      void this.answer.load(async () => {
        const answer = await this.#console.api('connections.sessions', { connectionId: this.#connectionId })
        this.lockWait = lockWaitOf(answer.sessions, answer.readAtMs, this.lockWait)
        return answer
      })
    ask()
    const timer = setInterval(ask, ASK_MS)
    return () => {
      clearInterval(timer)
      this.answer.clear()
      this.lockWait = null
    }
  }
}
