/** Asks for what src/shared/confirmations.ts demands, or refuses and says exactly what to pass. */
import { confirmationFor, confirmationPhrase, type Environment, type WritingVerb } from '../shared/confirmations.ts'
import { TrancheError } from '../shared/errors.ts'

export interface Deed {
  readonly verb: WritingVerb
  /** What it is done to: a class, a migration, a schema. */
  readonly object: string
  readonly database: string
  readonly environment: Environment
}

export interface Answers {
  readonly yes: boolean
  readonly phrase: string | null
  /** Asks the person at the terminal; null where nobody can be asked. */
  readonly ask: ((question: string) => Promise<string | null>) | null
}

/** Returns where the deed is confirmed or needs no confirmation; otherwise throws confirmation_required. */
export async function confirm(deed: Deed, answers: Answers): Promise<void> {
  const { verb, object, database, environment } = deed
  const phrase = confirmationPhrase(verb, object, database)
  switch (confirmationFor(verb, environment)) {
    case 'none':
      return
    case 'plain': {
      if (answers.yes) return
      if (answers.ask === null) throw required(`"${phrase}" (${environment}) needs a confirmation`, 'Pass --yes.')
      const answer = await answers.ask(`${capitalised(phrase)} (${environment})? [y/N] `)
      if (/^(y|yes)$/i.test(answer?.trim() ?? '')) return
      throw declined(verb)
    }
    case 'phrase': {
      const remedy = `Pass --confirm '${phrase.replaceAll("'", `'\\''`)}'`
      if (answers.phrase === phrase) return
      if (answers.phrase !== null)
        throw required(`--confirm does not say what is about to be done: "${phrase}"`, `${remedy} if that is meant.`)
      if (answers.ask === null)
        throw required(
          `"${phrase}" (${environment}) must be confirmed word for word`,
          `${remedy}; --yes does not answer it.`,
        )
      const answer = await answers.ask(`This is ${environment} and cannot be undone. Type "${phrase}" to go on: `)
      if (answer?.trim() === phrase) return
      throw declined(verb)
    }
  }
}

function declined(verb: WritingVerb): TrancheError {
  return required(`${verb} was not confirmed; nothing was changed`, 'Run it again to be asked again.')
}

function required(message: string, remedy: string): TrancheError {
  return new TrancheError('confirmation_required', message, { remedy })
}

function capitalised(text: string): string {
  return `${text.slice(0, 1).toUpperCase()}${text.slice(1)}`
}
