/** How long a flight was at work before its error came: what tells our own limit from a cancel by somebody. */
const elapsed = new WeakMap<Error, number>()

/** Client and server do not begin to count at the same moment. */
const TOLERANCE = 0.9

export function noteElapsed(error: Error, milliseconds: number): void {
  elapsed.set(error, milliseconds)
}

/** Whether a 57014 came as late as a limit of `limitMs` comes; a person's cancel comes whenever they like. */
export function isAsLateAs(error: unknown, limitMs: number): boolean {
  return error instanceof Error && (elapsed.get(error) ?? 0) >= limitMs * TOLERANCE
}
