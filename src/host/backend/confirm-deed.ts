/** Authority is here, not in the page: what confirmations.ts demands is asked of every call that writes. */
import { confirmationFor, type Environment, type WritingVerb } from '../../shared/confirmations.ts'
import { TrancheError } from '../../shared/errors.ts'

interface Deed {
  readonly verb: WritingVerb
  readonly object: string
  readonly environment: Environment
  /** Whether the person at the page answered the plain question. */
  readonly isConfirmed: boolean
}

/** Throws confirmation_required. Phrases are asked by tickets (see tickets.ts), never here. */
export function confirmDeed({ verb, object, environment, isConfirmed }: Deed): void {
  const confirmation = confirmationFor(verb, environment)
  if (confirmation === 'none' || (confirmation === 'plain' && isConfirmed)) return
  throw new TrancheError('confirmation_required', `"${verb} ${object}" on ${environment} needs a confirmation`, {
    remedy: 'Answer the question that the page asks, then it is done.',
    details: { verb, confirmation },
  })
}
