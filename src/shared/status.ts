/**
 * Statuses and the events that change them, with GitLab's names and codes. Both machines are tables:
 * whoever changes a status looks the edge up here, so an illegal one cannot be written.
 */

export const MIGRATION_STATUS_CODES = {
  paused: 0,
  active: 1,
  finished: 3,
  failed: 4,
  finalizing: 5,
  finalized: 6,
} as const

export type MigrationStatus = keyof typeof MIGRATION_STATUS_CODES

/** Whether every job of it succeeded: nothing is left to run. */
export function isPastRun(status: MigrationStatus): boolean {
  return status === 'finished' || status === 'finalized'
}

export const JOB_STATUS_CODES = { pending: 0, running: 1, failed: 2, succeeded: 3 } as const

export type JobStatus = keyof typeof JOB_STATUS_CODES

interface Edge {
  readonly from: readonly MigrationStatus[]
  readonly to: MigrationStatus
}

export const MIGRATION_EVENTS = {
  pause: { from: ['active', 'paused'], to: 'paused' }, //                  an operator, from any machine; takes effect at the next sub-batch
  execute: { from: ['active', 'paused', 'failed'], to: 'active' }, //      resume, or retry of a failed one; started_at is set anew
  finish: { from: ['paused', 'active', 'finalizing', 'finished'], to: 'finished' }, // only when every job of the range succeeded
  failure: { from: ['active', 'finalizing', 'failed'], to: 'failed' }, //  the range is exhausted and a job has used its attempts
  finalize: { from: ['paused', 'active', 'finished', 'failed', 'finalizing'], to: 'finalizing' }, // the remainder is run inline
  confirmFinalize: { from: ['finished', 'finalized'], to: 'finalized' }, // every check and gate held
} as const satisfies Record<string, Edge>

export type MigrationEvent = keyof typeof MIGRATION_EVENTS

/** Whether `event` may be applied to a migration in status `from`. */
export function canTransition(event: MigrationEvent, from: MigrationStatus): boolean {
  const edge: Edge = MIGRATION_EVENTS[event]
  return edge.from.includes(from)
}

const MIGRATION_STATUS_NAMES = invert(MIGRATION_STATUS_CODES)
const JOB_STATUS_NAMES = invert(JOB_STATUS_CODES)

/** The name behind a status code of `batched_background_migrations`; throws on a code that nobody defined. */
export function migrationStatusOf(code: number): MigrationStatus {
  return nameOf(MIGRATION_STATUS_NAMES, code, 'batched migration')
}

/** The name behind a status code of `batched_background_migration_jobs`; throws on a code that nobody defined. */
export function jobStatusOf(code: number): JobStatus {
  return nameOf(JOB_STATUS_NAMES, code, 'batched job')
}

function nameOf<Name extends string>(names: ReadonlyMap<number, Name>, code: number, noun: string): Name {
  const name = names.get(code)
  if (name === undefined) throw new Error(`${String(code)} is not a status of a ${noun}`)
  return name
}

function invert<Name extends string>(codes: Readonly<Record<Name, number>>): ReadonlyMap<number, Name> {
  return new Map(Object.entries<number>(codes).map(([name, code]) => [code, name as Name]))
}
