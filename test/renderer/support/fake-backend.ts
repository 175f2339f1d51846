/** The other end of the wire: the contract's own server, with the answers of the test, and a list of what it was asked. */
import { contract } from '../../../src/shared/contract.ts'
import type { AppChange, AppEvent, LinkEvent } from '../../../src/shared/app-event.ts'
import { type AppState, patchState } from '../../../src/shared/app-state.ts'
import { createServerOf, type HandlersOf, type Transport } from '../../../src/shared/rpc.ts'

export type Answers = Partial<HandlersOf<typeof contract>>

export interface FakeBackend {
  readonly transport: Transport
  /** What the page asked for so far by that name, as it was parsed. */
  readonly asked: (method: keyof typeof contract) => readonly unknown[]
  /** Changes the state, and tells the page. */
  readonly tell: (change: AppChange) => void
  readonly state: () => AppState
  /** What the transport itself says: the way to the backend broke, or is there again. */
  readonly say: (event: LinkEvent) => void
}

const BACKEND_ID = 'fake'

export function fakeBackend(first: AppState, answers: Answers): FakeBackend {
  const calls: { readonly method: string; readonly input: unknown }[] = []
  const listeners = new Set<(event: AppEvent | LinkEvent) => void>()
  let state = first
  let revision = 0
  const snapshot = async () => ({ backendId: BACKEND_ID, revision, state })
  const named: Partial<Record<string, (...given: never[]) => Promise<unknown>>> = {
    'app.snapshot': snapshot,
    ...answers,
  }
  const handlers = Object.fromEntries(
    Object.keys(contract).map((method) => [
      method,
      async (input: never, context: never) => {
        calls.push({ method, input })
        const answer = named[method]
        if (answer === undefined) throw new Error(`the test has no answer to ${method}`)
        return answer(input, context)
      },
    ]),
  )
  const serve = createServerOf(contract, handlers as HandlersOf<typeof contract>) // one for each method, just above
  return {
    transport: {
      request: async (method, input) => serve(method, input, { clientId: 'page' }),
      subscribe: (listener) => {
        listeners.add(listener)
        return () => listeners.delete(listener)
      },
    },
    asked: (method) => calls.flatMap((call) => (call.method === method ? [call.input] : [])),
    state: () => state,
    say: (event) => {
      for (const listener of listeners) listener(event)
    },
    tell: (change) => {
      state = patchState(state, change)
      revision += 1
      for (const listener of listeners) listener({ ...change, backendId: BACKEND_ID, revision })
    },
  }
}
