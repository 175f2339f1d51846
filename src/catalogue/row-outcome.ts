/** What a `transform` may return besides a value: a row that is legitimately left alone. */

// Symbol.for: the mark must be known to every copy of this module, such as the one in a worker thread's bundle.
const UNRESOLVED = Symbol.for('tranche.unresolved')

export interface Unresolved {
  readonly [UNRESOLVED]: true
  readonly reason: string
}

/** Leaves the row alone and counts it as unresolved, with the reason that the operator reads. */
export function unresolved(reason: string): Unresolved {
  if (typeof reason !== 'string' || reason.trim() === '') {
    throw new TypeError("unresolved: say why the row is left alone, as in unresolved('no project')")
  }
  return Object.freeze({ [UNRESOLVED]: true as const, reason })
}

/** Whether `transform` returned what `unresolved()` makes. */
export function isUnresolved(value: unknown): value is Unresolved {
  return typeof value === 'object' && value !== null && UNRESOLVED in value
}
