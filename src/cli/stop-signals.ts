/**
 * Ctrl-C and its relatives. The first one asks: the sub-batch in hand is finished or cancelled, claims are released. The second one
 * leaves at once; what that means is told, and the next runner sorts it out. What nobody caught asks in the same way.
 */
import { constants } from 'node:os'
import { TrancheError } from '../shared/errors.ts'

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

export interface StopSignals {
  /** Aborted by the first one, with an error of code `stopped` as its reason. */
  readonly signal: AbortSignal
  /** 130, 143 or 129 once one arrived; null before. */
  exitCode(): number | null
  /** Asks to stop because of an error that nobody caught; it is the command's answer then. */
  fail(thrown: unknown): void
  fault(): { readonly thrown: unknown } | null
}

interface Listeners {
  /** Must end the process. */
  readonly onSecond: (error: TrancheError, exitCode: number) => void
}

export function watchStopSignals({ onSecond }: Listeners): StopSignals {
  const controller = new AbortController()
  let exitCode: number | null = null
  let fault: { readonly thrown: unknown } | null = null
  for (const name of SIGNALS) {
    process.on(name, () => {
      const code = 128 + constants.signals[name]
      if (exitCode !== null) {
        onSecond(leftAtOnce(name), code)
        return
      }
      exitCode = code
      controller.abort(new TrancheError('stopped', `stopped by ${name}`))
    })
  }
  return {
    signal: controller.signal,
    exitCode: () => exitCode,
    fail(thrown) {
      fault ??= { thrown }
      controller.abort(thrown)
    },
    fault: () => fault,
  }
}

function leftAtOnce(name: string): TrancheError {
  return new TrancheError(
    'stopped',
    `left at once by a second ${name}: what was in hand is committed or rolled back by the server, and claims are not released`,
    {
      remedy:
        'Start again to go on: the next run on this host takes the jobs over at once, on another one after 30 s. No row is done twice.',
    },
  )
}
