/** The headline of the monitor: true now, with its number and what it waits for. */
import type { MigrationView } from '../../../../shared/app-state.ts'
import type { JobCountsValue, MigrationStateValue } from '../../../../shared/cli-output.ts'
import { headlineOf, isDriven } from '../../../../shared/describe-migration.ts'
import { formatTimeLeft } from '../../../../shared/format-duration.ts'
import { describeFailure } from '../../../../shared/migration-failure.ts'
import type { TimeLeft } from '../../../../shared/time-left.ts'
import { liveRunOf } from '../../parts/live-run.ts'
import { holdText } from '../../parts/hold-text.ts'
import { clockTime } from '../../parts/time.ts'
import { formatCount, formatEstimate } from '../../../../shared/format-number.ts'

const IN_DOUBT = 'Connection lost: the last sub-batch is in doubt until it is back.'

/** While nothing is heard of the target: what was true when it last was, and what cannot be known. */
export function lostSentence(
  { state, run }: MigrationView,
  { sinceMs, isBackend }: { readonly sinceMs: number; readonly isBackend: boolean },
): string {
  const since = clockTime(sinceMs)
  if (run !== null && run.end === null) {
    return isBackend ? `Backend lost at ${since}: the last sub-batch is in doubt.` : IN_DOUBT
  }
  if (isDriven(state)) {
    return `${isBackend ? 'Backend' : 'Connection'} lost. What its runner did since ${since} is not known here.`
  }
  return `${headlineOf(state, holdText)} As of ${since}.`
}

interface Jobs {
  readonly counts: JobCountsValue
  readonly toCome: number
}

export function runSentence(view: MigrationView, { counts, toCome }: Jobs): string {
  const { state } = view
  // Whether anybody is at it cannot be seen there.
  if (state.isAttached) return headlineOf(state)
  const { pending, running, retriable, blocked, succeeded } = counts
  const made = pending + running + retriable + blocked + succeeded
  const run = liveRunOf(view)
  if (state.status === 'active' && run === null && state.rows.scanned === 0 && !isDriven(state)) {
    const total =
      state.totalTupleCount === null
        ? ''
        : ` ${formatEstimate(state.totalTupleCount)} rows in ${formatEstimate(made + toCome)} jobs;`
    return `Queued.${total} nobody drives it yet.`
  }
  if (state.status === 'paused' || state.status === 'failed') return standingSentence(view)
  if (state.hold !== null && state.status === 'active' && !run?.isStopping) return holdText(state.hold)
  if (run === null || state.status !== 'active') return headlineOf(state, holdText)
  if (run.isInDoubt) return IN_DOUBT
  const waitingFor = run.progress?.waitingFor ?? null
  const rows = `${rowsText(state)}.`
  if (run.isStopping) return `Stopping after its sub-batch. ${rows}`
  if (waitingFor !== null) return `Waiting: ${waitingFor}. ${rows} Goes on by itself.`
  const all = made + toCome
  // Done ones are counted; which one runs says the strip, by its own number.
  const done =
    made === 0
      ? 'making the first job'
      : `${formatCount(succeeded)} of ${toCome > 0 ? formatEstimate(all) : formatCount(all)} jobs done`
  const left = state.timeLeft === null ? '' : ` ${capitalized(leftOf(state.timeLeft))}.`
  return `Running — ${done}. ${rows}${left}`
}

/** `4 110 000 of ~10 450 000 rows`. */
export function rowsText({ rows: { scanned }, totalTupleCount }: MigrationStateValue): string {
  const of = totalTupleCount === null ? '' : ` of ${formatEstimate(Math.max(totalTupleCount, scanned))}`
  return `${formatCount(scanned)}${of} rows`
}

const leftOf = ({ lowSeconds, highSeconds }: TimeLeft): string => formatTimeLeft({ low: lowSeconds, high: highSeconds })

const NOMINAL =
  'Counts are nominal: GitLab takes the size of each succeeded job as scanned, and its metrics as changed.'

/** What the numbers rest on (the time left itself where the headline does not tell it), and where one of them is not known: why. */
export function runNotes(state: MigrationStateValue, isLeftTold = false): readonly string[] {
  const { status, rows, isAttached, scanRows, progress, timeLeft, timeLeftUnknownBecause } = state
  const isToCome = status === 'active' || status === 'finalizing'
  return [
    ...(rows.exact
      ? []
      : [isAttached ? NOMINAL : 'Counts are approximate: some were lost with a runner; cursors are exact.']),
    ...(scanRows === null
      ? []
      : [`No index serves the scope: a job is what ${formatCount(scanRows)} rows read hold of it, which may be none.`]),
    ...(progress.unknownBecause === null ? [] : [progress.unknownBecause]),
    ...(isToCome && timeLeft !== null
      ? [`${isLeftTold ? 'Time left' : `${capitalized(leftOf(timeLeft))},`} by ${timeLeft.basis}.`]
      : []),
    ...(isToCome && timeLeftUnknownBecause !== null ? [`Time left is not known: ${timeLeftUnknownBecause}.`] : []),
  ]
}

const capitalized = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1)

/** Who drives it, where it is not this console. */
export function othersDriving(view: MigrationView): string | null {
  const { state } = view
  if (liveRunOf(view) !== null || !isDriven(state)) return null
  const live = state.runners.filter((runner) => runner.isLive)
  const [first] = live
  if (first === undefined) return null
  const more = live.length > 1 ? ` and ${String(live.length - 1)} more` : ''
  return `Driven by ${first.operator} on ${first.host}, pid ${String(first.pid)}${more}`
}

function standingSentence({ state }: MigrationView): string {
  const scanned = `${rowsText(state)} scanned.`
  if (state.status === 'failed') {
    return `Failed: ${describeFailure(state.failure)}. ${scanned}`
  }
  return `Paused. ${scanned} ${isDriven(state) ? 'A runner is just stopping.' : 'Nothing of it is running.'}`
}
