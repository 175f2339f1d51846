/**
 * What must be confirmed, by verb and environment: strength follows consequence. `plain` is asked on a terminal or answered
 * by `--yes`; `phrase` must be typed or given word for word, and nothing else answers it. Stopping is never asked.
 */

export const ENVIRONMENTS = ['practice', 'development', 'staging', 'production'] as const

export type Environment = (typeof ENVIRONMENTS)[number]

export type Confirmation = 'none' | 'plain' | 'phrase'

type Row = Readonly<Record<Environment, Confirmation>>

const NEVER: Row = { practice: 'none', development: 'none', staging: 'none', production: 'none' }
const IN_PRODUCTION: Row = { ...NEVER, production: 'plain' }

const CONFIRMED: Row = { practice: 'none', development: 'plain', staging: 'plain', production: 'phrase' }

export const CONFIRMATIONS = {
  install: IN_PRODUCTION,
  uninstall: { practice: 'plain', development: 'plain', staging: 'plain', production: 'phrase' }, // the journal and every proof go with it
  queue: IN_PRODUCTION,
  preview: IN_PRODUCTION, // rolled back; it holds locks and does the work all the same
  run: IN_PRODUCTION,
  work: IN_PRODUCTION,
  pause: NEVER, //    stopping must be quick
  resume: IN_PRODUCTION,
  set: NEVER, //      a knob turned down in a hurry is a way of stopping, and each change can be turned back
  retry: IN_PRODUCTION,
  split: IN_PRODUCTION,
  requeue: CONFIRMED, // every row is processed again
  delete: { ...CONFIRMED, practice: 'plain' },
  verify: NEVER, //   reads the tables; writes its own result only
  finalize: { practice: 'none', development: 'none', staging: 'plain', production: 'phrase' }, // cannot be undone
  stepped: IN_PRODUCTION, // run, retry, skip or reset stepped migrations, or choose where they act
  lower: { ...NEVER, production: 'phrase' }, // gives a connection of production another environment: nothing asks there any more
  approve: { practice: 'none', development: 'plain', staging: 'plain', production: 'phrase' }, // what is dropped is gone
} as const satisfies Record<string, Row>

/** The verbs that write to the target, and the one that decides how they are asked for. */
export type WritingVerb = keyof typeof CONFIRMATIONS

export function confirmationFor(verb: WritingVerb, environment: Environment): Confirmation {
  return CONFIRMATIONS[verb][environment]
}

/** `finalize BackfillX on app_production`: names what is done to what, and where. */
export function confirmationPhrase(verb: WritingVerb, object: string, database: string): string {
  return `${verb} ${object} on ${database}`
}
