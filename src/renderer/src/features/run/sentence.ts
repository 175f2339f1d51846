/** The headline of the monitor: true now, with its number and what it waits for. */
import type { MigrationView } from '../../../../shared/app-state.ts'
import type { MigrationStateValue } from '../../../../shared/cli-output.ts'
import { headlineOf, isDriven } from '../../../../shared/describe-migration.ts'
import { formatTimeLeft } from '../../../../shared/format-duration.ts'
import { describeFailure } from '../../../../shared/migration-failure.ts'
import type { TimeLeft } from '../../../../shared/time-left.ts'
import { liveRunOf } from '../../parts/live-run.ts'
import { holdSentence } from '../../../../shared/health.ts'
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
    return isBackend ? `Backend lost at ${since}: its last sub-batch is in doubt until it is back.` : IN_DOUBT
  }
  if (isDriven(state)) {
    return `${isBackend ? 'Backend' : 'Connection'} lost. What its runner did since ${since} is not known here.`
  }
  return `${headlineOf(state)} As of ${since}.`
}

export function runSentence(view: MigrationView, jobs: { readonly made: number; readonly toCome: number }): string {
  const { state } = view
  // Whether anybody is at it cannot be seen there.
  if (state.isAttached) return headlineOf(state)
  const run = liveRunOf(view)
  if (state.status === 'active' && run === null && state.rows.scanned === 0 && !isDriven(state)) {
    const total =
      state.totalTupleCount === null
        ? ''
        : ` ${formatEstimate(state.totalTupleCount)} rows in ${formatEstimate(jobs.made + jobs.toCome)} jobs;`
    return `Queued.${total} nobody drives it yet.`
  }
  if (state.status === 'paused' || state.status === 'failed') return standingSentence(view)
  if (run === null || state.status !== 'active') return headlineOf(state)
  if (run.isInDoubt) return IN_DOUBT
  const { progress } = run
  const waitingFor = progress?.waitingFor ?? null
  const scanned = Math.max(progress?.rows.scanned ?? 0, state.rows.scanned)
  const total = progress?.totalTupleCount ?? state.totalTupleCount
  const rows = `${formatCount(scanned)}${total === null ? '' : ` of ${formatEstimate(Math.max(total, scanned))}`} rows.`
  if (run.isStopping) return `Stopping after its sub-batch. ${rows}`
  if (state.hold !== null && waitingFor !== null) return `${holdSentence(state.hold)} ${rows}`
  if (waitingFor !== null) return `Waiting: ${waitingFor}. ${rows} Goes on by itself.`
  const all = jobs.made + jobs.toCome
  const job =
    jobs.made === 0
      ? 'making the first job'
      : `job ${formatCount(jobs.made)} of ${jobs.toCome > 0 ? formatEstimate(all) : formatCount(all)}`
  const left = state.timeLeft === null ? '' : ` ${capitalized(leftOf(state.timeLeft))}.`
  return `Running — ${job}. ${rows}${left}`
}

const leftOf = ({ lowSeconds, highSeconds }: TimeLeft): string => formatTimeLeft({ low: lowSeconds, high: highSeconds })

const NOMINAL =
  'Counts are nominal: GitLab takes the size of each succeeded job as scanned, and its metrics as changed.'

/** What the numbers rest on, and where one of them is not known: why. */
export function runNotes({
  status,
  rows,
  isAttached,
  scanRows,
  progress,
  timeLeft,
  timeLeftUnknownBecause,
}: MigrationStateValue): readonly string[] {
  const isToCome = status === 'active' || status === 'finalizing'
  return [
    ...(rows.exact
      ? []
      : [isAttached ? NOMINAL : 'Counts are approximate: some were lost with a runner; cursors are exact.']),
    ...(scanRows === null
      ? []
      : [`No index serves the scope: a job is what ${formatCount(scanRows)} rows read hold of it, which may be none.`]),
    ...(progress.unknownBecause === null ? [] : [progress.unknownBecause]),
    ...(isToCome && timeLeft !== null ? [`${capitalized(leftOf(timeLeft))}, by ${timeLeft.basis}.`] : []),
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
  const { rows, totalTupleCount } = state
  const of = totalTupleCount === null ? '' : ` of ${formatEstimate(Math.max(totalTupleCount, rows.scanned))}`
  const scanned = `${formatCount(rows.scanned)}${of} rows scanned.`
  if (state.status === 'failed') {
    return `Failed: ${describeFailure(state.failure)}. ${scanned}`
  }
  return `Paused. ${scanned} ${isDriven(state) ? 'A runner is just stopping.' : 'Nothing of it is running.'}`
}
