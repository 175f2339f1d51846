/** How an operation ended. */

export type Result = Readonly<Record<string, unknown>>

export interface Finished {
  readonly isDone: true
  readonly result: Result
}

/** Somebody else has to do something first; the worker comes back in 30 s. */
export interface Waiting {
  readonly isDone: false
  readonly waitingFor: string
}

export function finished(result: Result): Finished {
  return { isDone: true, result }
}

export function waiting(waitingFor: string): Waiting {
  return { isDone: false, waitingFor }
}
