/** `tranche stepped work`. */
import { TrancheError } from '../../shared/errors.ts'
import type { SteppedRunValue, SteppedValue } from '../../shared/stepped-view.ts'
import type { Outcome } from '../command.ts'
import type { Session } from '../session.ts'
import type { SteppedInput } from './change.ts'
import { tellStepped } from './narrate-stepped.ts'

export async function workVersions(input: SteppedInput, session: Session): Promise<Outcome<SteppedValue>> {
  const { engine, target, confirm } = await session.open({ verb: 'stepped', catalogue: 'needed' })
  await confirm('work')
  session.terminal.note(`Working on stepped migrations, records in ${target.description}`)
  const [once, toEnd] = [input.isSet('once'), input.isSet('to-end')]
  const stopTelling = tellStepped(engine, session)
  const runs = await engine.stepped
    .work({
      ...{ once, toEnd, signal: session.signal },
      onTurn: (turn) => {
        // The end of a command that fails says it once, as its error.
        if (once || (toEnd && turn.reason !== 'tried') ? failureOf(turn, session.signal) === null : true)
          session.terminal.note(runText(turn))
      },
    })
    .finally(stopTelling)
  const failure = failureOf(runs.at(-1), session.signal)
  return { value: { verb: 'work', runs }, text: null, ...(failure === null ? {} : { failure }) }
}

const FAILING: ReadonlySet<string> = new Set(['failed', 'tried', 'halted', 'file_unusable'])

function runText({ reason, message }: SteppedRunValue): string {
  const sign = reason === 'completed' ? '✓' : FAILING.has(reason) ? '✕' : '·'
  return `${sign} ${message}`
}

/** What the last run means to a script; null is exit code 0. */
function failureOf(last: SteppedRunValue | undefined, signal: AbortSignal): TrancheError | null {
  if (signal.aborted)
    return new TrancheError('stopped', 'the worker was told to stop; what is completed stays completed')
  if (last === undefined) return null
  const { reason, message, version } = last
  const details = { last }
  switch (reason) {
    case 'tried':
    case 'failed':
    case 'halted':
      return new TrancheError('migration_failed', message, {
        remedy: `See tranche stepped logs ${version ?? ''}; once it is mended: tranche stepped ${reason === 'tried' ? 'work' : `retry ${version ?? ''}`}`,
        details,
      })
    case 'file_unusable':
      return new TrancheError('migration_failed', message, {
        remedy: `Correct the file, then run again; or pass over it for good: tranche stepped skip ${version ?? ''} --reason TEXT`,
        details,
      })
    case 'not_configured':
      return version === null ? null : new TrancheError('adapter_missing', message, { details })
    case 'busy':
      return new TrancheError('already_running', message, { remedy: 'Let that worker go on, or stop it.', details })
    case 'taken_over':
    case 'aborted':
      return new TrancheError('stopped', message, { details })
    case 'completed':
    case 'partial':
    case 'skipped':
    case 'idle':
    case 'disabled':
      return null
  }
}
