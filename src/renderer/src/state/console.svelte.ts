import { createContext } from 'svelte'
import type { AppState, MigrationView, TargetView } from '../../../shared/app-state.ts'
import { confirmationFor, type WritingVerb } from '../../../shared/confirmations.ts'
import type { ConnectionView } from '../../../shared/connection-view.ts'
import type { Client } from '../../../shared/contract.ts'
import { Clock } from './clock.svelte.ts'
import { Confirming, type Question } from './confirming.svelte.ts'
import { ConnectionTests } from './connection-tests.svelte.ts'
import { Keys } from './keys.svelte.ts'
import { Notice } from './notice.svelte.ts'
import type { Replica, ReplicaState } from './replica.ts'
import { Router } from './router.svelte.ts'
import { StoreValue } from './store-value.svelte.ts'

/** What every component may use: the calls, the replica, the place and the keys. */
export class Console {
  readonly api: Client
  readonly replica: Replica
  readonly router = new Router()
  readonly clock = new Clock()
  readonly confirming = new Confirming()
  readonly notice = new Notice()
  readonly tests = new ConnectionTests()
  readonly keys: Keys
  readonly #state: StoreValue<ReplicaState, AppState | null>
  readonly #lost: StoreValue<ReplicaState, number | null>

  constructor(api: Client, replica: Replica) {
    this.api = api
    this.replica = replica
    this.#state = new StoreValue(replica.store, ({ snapshot }) => snapshot?.state ?? null)
    this.#lost = new StoreValue(replica.store, ({ lostAtMs }) => lostAtMs)
    this.keys = new Keys({
      hasLetterKeys: () => this.#state.current?.settings.hasLetterKeys ?? true,
      oncopy: (text) => void this.copy(text, 'row'),
    })
  }

  get hasState(): boolean {
    return this.#state.current !== null
  }

  /** Asked for only where there is one: the shell waits for the first snapshot. */
  get state(): AppState {
    const state = this.#state.current
    if (state === null) throw new Error('the state was read before there was one')
    return state
  }

  /** Since when the backend is silent; null: it answers. */
  get lostAtMs(): number | null {
    return this.#lost.current
  }

  get connection(): ConnectionView | null {
    const { connectionId } = this.router.route
    return connectionId === null ? null : (this.state.connections[connectionId] ?? null)
  }

  get target(): TargetView | null {
    const { connectionId } = this.router.route
    return connectionId === null ? null : (this.state.targets[connectionId] ?? null)
  }

  /** Since when nothing is heard of the target, be it or the backend that is lost; what is shown is as of then. null: all answer. */
  get silentSinceMs(): number | null {
    return this.lostAtMs ?? (this.target?.link.kind === 'lost' ? this.target.link.sinceMs : null)
  }

  /** In order of id, newest last. */
  get migrations(): readonly MigrationView[] {
    const all = Object.values(this.target?.migrations ?? {})
    return all.toSorted((a, b) => Number(a.state.id) - Number(b.state.id))
  }

  /** Puts it into the clipboard, and says so. */
  async copy(text: string, what: string): Promise<void> {
    await navigator.clipboard.writeText(text).then(
      () => this.notice.say(`Copied ${what}`),
      () => this.notice.say('The clipboard was refused by this browser'),
    )
  }

  /** Asks where the environment wants to be asked. The backend asks for the same answer. */
  async confirm(verb: WritingVerb, question: Question): Promise<boolean> {
    const { connection } = this
    if (connection === null || confirmationFor(verb, connection.environment) === 'none') return true
    return this.confirming.ask(question)
  }
}

export const [getConsole, setConsole] = createContext<Console>()
