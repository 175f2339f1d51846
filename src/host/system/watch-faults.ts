/** What nobody caught. The program is told once and closes what it has open, as at a stop; it may not hang over that. */

export interface FaultHandlers {
  /** The first one. Everything that is open has to be closed now. */
  readonly onFault: (thrown: unknown) => void
  /** Closing takes too long. Must end the process. */
  readonly onStuck: () => void
  /** As long as a console may take that was asked to stop (20 s). */
  readonly patienceMs?: number
}

/** Whoever watches must end the process itself: what is left of it is not to be trusted any longer. */
export function watchFaults({ onFault, onStuck, patienceMs = 20_000 }: FaultHandlers): void {
  let isTold = false
  const tell = (thrown: unknown): void => {
    // What breaks while everything is torn down follows from the first.
    if (isTold) return
    isTold = true
    setTimeout(onStuck, patienceMs).unref()
    onFault(thrown)
  }
  process.on('uncaughtException', tell)
  process.on('unhandledRejection', tell)
}
