/** Permissions to do what cannot be undone: issued for one verb and one object as it is now, used once, for a few minutes. */
import { randomBytes } from 'node:crypto'
import { confirmationFor, confirmationPhrase, type Environment } from '../../shared/confirmations.ts'
import { TrancheError } from '../../shared/errors.ts'
import type { FinalizeTicket, TicketAnswer } from '../../shared/finalize-view.ts'

const VALID_MS = 10 * 60 * 1000

export interface Subject {
  readonly verb: 'finalize' | 'requeue' | 'delete' | 'approve' | 'lower'
  readonly connectionId: string
  readonly environment: Environment
  readonly database: string
  /** What it is done to, as the phrase names it. */
  readonly object: string
  /** What else was shown of it: its id, its definition. */
  readonly shown: readonly (string | null)[]
}

export interface Tickets {
  issue(subject: Subject): FinalizeTicket
  /** Throws confirmation_expired, confirmation_required. The nonce is used up, whatever comes out. */
  redeem(answer: TicketAnswer, subject: Subject): void
}

export function createTickets(now: () => number = Date.now): Tickets {
  const issued = new Map<string, { readonly fingerprint: string; readonly expiresAtMs: number }>()
  return {
    issue(subject) {
      for (const [nonce, { expiresAtMs }] of issued) if (expiresAtMs < now()) issued.delete(nonce)
      const nonce = randomBytes(24).toString('base64url')
      const expiresAtMs = now() + VALID_MS
      issued.set(nonce, { fingerprint: fingerprintOf(subject), expiresAtMs })
      const confirmation = confirmationFor(subject.verb, subject.environment)
      return { nonce, confirmation, phrase: confirmation === 'phrase' ? phraseFor(subject) : null, expiresAtMs }
    },
    redeem({ nonce, phrase }, subject) {
      const ticket = issued.get(nonce)
      issued.delete(nonce)
      if (ticket === undefined || ticket.expiresAtMs < now() || ticket.fingerprint !== fingerprintOf(subject)) {
        throw new TrancheError(
          'confirmation_expired',
          'this confirmation was used, is too old, or was given for something else',
          { remedy: 'Look again and confirm anew. Nothing was changed.' },
        )
      }
      if (confirmationFor(subject.verb, subject.environment) !== 'phrase' || phrase === phraseFor(subject)) return
      throw new TrancheError('confirmation_required', 'the typed phrase is not the one that was asked for', {
        remedy: `Type it word for word: ${phraseFor(subject)}. Nothing was changed.`,
        details: { verb: subject.verb, confirmation: 'phrase' },
      })
    },
  }
}

function phraseFor({ verb, object, database }: Subject): string {
  return confirmationPhrase(verb, object, database)
}

/** What the operator agreed to: another definition, database or environment by now is something else. */
function fingerprintOf({ verb, connectionId, environment, database, object, shown }: Subject): string {
  return JSON.stringify([verb, connectionId, environment, database, object, ...shown])
}
