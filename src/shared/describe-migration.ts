/** Sentences about a migration, the same on every screen and in the report. Pure. */
import type { JobCountsValue, MigrationStateValue, RowCountsValue } from './cli-output.ts'
import { formatDuration } from './format-duration.ts'
import { countOf, formatCount, formatEstimate, formatPercent } from './format-number.ts'
import { type Hold, holdSentence } from './health.ts'
import { describeFailure } from './migration-failure.ts'
import { percentDone } from './percent-done.ts'
import { isPastRun } from './status.ts'

/** One sentence: where it stands, and what that means for whoever reads it. A screen tells holds in its own zone. */
export function headlineOf(state: MigrationStateValue, tell: (hold: Hold) => string = holdSentence): string {
  const { status, rows, jobs, isAttached } = state
  if (isAttached && (status === 'active' || status === 'paused' || status === 'finalizing'))
    return `${WITH_GITLAB[status]}: ${soFar(state)}.${held(state, tell)}`
  switch (status) {
    case 'active':
      return `${isDriven(state) ? 'Running' : waitingOf(state)}: ${soFar(state)}.${held(state, tell)}`
    case 'paused':
      return `Paused: ${soFar(state)}.${isDriven(state) ? ' A runner is just stopping.' : ' Nothing of it is running.'}`
    case 'finalizing':
      return `Finalizing: the remainder is run inline; ${soFar(state)}.${held(state, tell)}`
    case 'failed':
      return `Failed: ${describeFailure(state.failure)}; ${soFar(state)}.`
    case 'finished':
      return jobs.succeeded === 0
        ? 'Finished: there was no row to migrate.'
        : `Finished, not finalized: ${countOf(jobs.succeeded, 'job')} succeeded, ${changedOf(rows)}.`
    case 'finalized':
      return `Finalized: ${countOf(jobs.succeeded, 'job')} succeeded, ${changedOf(rows)}.`
  }
}

/** What an active migration that nobody drives at this moment waits for, and who will go on with it. */
function waitingOf({ schedule, hold, intervalSeconds }: MigrationStateValue): string {
  const { schedulers, isOn, dueInSeconds, tableHeldBy } = schedule
  if (tableHeldBy !== null) return `Waiting for its table, which migration ${tableHeldBy} writes now`
  const [first] = schedulers
  if (first === undefined) return 'Active, but nobody drives it now'
  const who = `${first.operator} on ${first.host}${schedulers.length > 1 ? ` and ${countOf(schedulers.length - 1, 'more')}` : ''}`
  if (!isOn) return `Active; scheduling is switched off in this database (${who} would go on)`
  if (hold !== null) return `Active; ${who} goes on when its hold ends`
  return dueInSeconds === null || dueInSeconds === 0
    ? `Active; ${who} drives it when its turn comes`
    : `Active; ${who} begins its next job in ${formatDuration(dueInSeconds)} (interval ${formatDuration(intervalSeconds)})`
}

/** Nothing in its tables tells whether a worker is at a job at this moment. */
const WITH_GITLAB = {
  active: "Active, driven by GitLab's workers",
  paused: "Paused: GitLab's workers end with the job in hand",
  finalizing: 'Finalizing, by GitLab',
} as const

function held({ hold }: MigrationStateValue, tell: (hold: Hold) => string): string {
  return hold === null ? '' : ` ${tell(hold)}`
}

function soFar({ rows, totalTupleCount, progress }: MigrationStateValue): string {
  const of = totalTupleCount === null ? '' : ` of ${formatEstimate(totalTupleCount)}`
  const byRows = progress.percentByRows === null ? '' : ` (${formatPercent(progress.percentByRows)})`
  // One far key makes the range so long that nothing of it seems done.
  const byKey =
    progress.percentByKey === null || progress.percentByKey < 0.1
      ? ''
      : `, ${formatPercent(progress.percentByKey)} of the key range`
  return `${formatCount(rows.scanned)}${of} rows scanned${byRows}${byKey}`
}

function changedOf({ scanned, changed }: RowCountsValue): string {
  return `${formatCount(changed)} of ${countOf(scanned, 'scanned row')} changed`
}

export function percentOf({ status, progress }: Pick<MigrationStateValue, 'status' | 'progress'>): string {
  const percent = isPastRun(status) ? 100 : percentDone(progress)
  return percent === null ? '?' : formatPercent(percent)
}

export function isDriven({ runners }: Pick<MigrationStateValue, 'runners'>): boolean {
  return runners.some(({ isLive }) => isLive)
}

export interface RowOutcome {
  readonly name: 'changed' | 'unchanged' | 'unresolved' | 'quarantined'
  readonly count: number
}

/**
 * Outcomes that add up to the rows scanned. Only transforms say that a row is unresolved or fails; of statements it is not
 * known which unchanged rows are, so no zero is shown for them. A statement may change more rows than it scanned (of another
 * table): then nothing is unchanged.
 */
export function rowOutcomes({ scanned, changed, unresolved, quarantined }: RowCountsValue): readonly RowOutcome[] {
  const told = [
    { name: 'unresolved', count: unresolved },
    { name: 'quarantined', count: quarantined },
  ] as const
  return [
    { name: 'changed', count: changed },
    { name: 'unchanged', count: Math.max(0, scanned - changed - unresolved - quarantined) },
    ...told.filter(({ count }) => count > 0),
  ]
}

/** Jobs by status, failed ones parted by whether a run will try them again. */
export function jobOutcomes({ succeeded, running, pending, retriable, blocked }: JobCountsValue): readonly {
  readonly name: string
  readonly count: number
}[] {
  return [
    { name: 'succeeded', count: succeeded },
    { name: 'running', count: running },
    { name: 'pending', count: pending },
    { name: 'failed, will be retried', count: retriable },
    { name: 'failed, attempts used', count: blocked },
  ]
}
