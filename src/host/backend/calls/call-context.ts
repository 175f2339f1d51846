import type { Handlers } from '../../../shared/contract.ts'
import type { BackendContext } from '../backend-context.ts'
import type { Desks } from '../desks.ts'
import type { PracticeDesk } from '../practice-desk.ts'
import type { Tickets } from '../tickets.ts'

/** What the handlers of calls are given. */
export interface CallParts {
  readonly context: BackendContext
  readonly desks: Desks
  readonly practice: PracticeDesk
  readonly tickets: Tickets
}

/** The handlers of one noun, by their names in the contract. */
export type CallsOf<Prefix extends string> = Pick<Handlers, Extract<keyof Handlers, `${Prefix}.${string}`>>
