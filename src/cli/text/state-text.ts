/** One migration in full, as `tranche status ID` shows it. */
import type { MigrationStateValue, RunnerValue } from '../../shared/cli-output.ts'
import { headlineOf, jobOutcomes, percentOf, rowOutcomes } from '../../shared/describe-migration.ts'
import { rangeWords } from '../../shared/describe-range.ts'
import { formatDuration, formatTime, formatTimeLeft } from '../../shared/format-duration.ts'
import { type HealthReading, indicatorLabel } from '../../shared/health.ts'
import { countOf, formatCount, formatEstimate, formatPercent } from '../../shared/format-number.ts'
import { isPastRun } from '../../shared/status.ts'
import { shownId } from '../subject.ts'
import { block, columns } from './columns.ts'

export function stateText(
  state: MigrationStateValue,
  now: Date,
  health: readonly HealthReading[] | null = null,
): string {
  return [
    `${shownId(state)} ${state.jobClassName} on ${state.tableName} (${state.columns.join(', ')})`,
    headlineOf(state),
    ...block('Progress', progressLines(state)),
    ...block('Rows', rowLines(state)),
    ...block(
      'Jobs',
      columns(
        jobOutcomes(state.jobs).map(({ name, count }) => [formatCount(count), name]),
        [0],
      ),
    ),
    ...block('Settings', settingLines(state)),
    ...block('Runners', runnerLines(state.runners, now)),
    ...(health === null ? [] : block('Health now', healthLines(health))),
  ].join('\n')
}

function progressLines(state: MigrationStateValue): readonly string[] {
  const { progress, rows, totalTupleCount } = state
  const { percentByKey, percentByRows, unknownBecause } = progress
  const of = totalTupleCount === null ? '' : ` (${formatCount(rows.scanned)} of ${formatEstimate(totalTupleCount)})`
  return [
    `by key   ${percentByKey === null ? 'unknown' : formatPercent(percentByKey)}`,
    `by rows  ${percentByRows === null ? 'unknown' : formatPercent(percentByRows)}${of}`,
    ...(unknownBecause === null ? [] : [`unknown because ${unknownBecause}`]),
    ...timeLines(state),
  ]
}

/** Of one that has ended there is nothing to tell. */
function timeLines({ status, timeLeft, timeLeftUnknownBecause }: MigrationStateValue): readonly string[] {
  if (isPastRun(status)) return []
  if (timeLeft === null) return [`time     unknown: ${timeLeftUnknownBecause ?? ''}`]
  const { lowSeconds: low, highSeconds: high, basis } = timeLeft
  return [`time     ${formatTimeLeft({ low, high })}, from ${basis}`]
}

function rowLines({ rows, unresolvedReasons, isAttached }: MigrationStateValue): readonly string[] {
  const outcomes = rowOutcomes(rows).map(({ name, count }) => [formatCount(count), name])
  return [
    ...columns([...outcomes, [formatCount(rows.scanned), 'scanned in all']], [0]),
    ...reasonLines(unresolvedReasons),
    ...(rows.exact ? [] : [isAttached ? NOMINAL : RE_DERIVED]),
  ]
}

const RE_DERIVED = '! counts were re-derived after a crash: changed rows may be counted as unchanged'
const NOMINAL =
  '! GitLab counts the size of each succeeded job as scanned, and as changed what its metrics say: nominal, not counted'

function reasonLines(reasons: MigrationStateValue['unresolvedReasons']): readonly string[] {
  const lines = Object.entries(reasons).map(([reason, count]) => [formatCount(count), reason])
  return lines.length === 0 ? [] : ['unresolved because', ...columns(lines, [0]).map((line) => `  ${line}`)]
}

function settingLines(state: MigrationStateValue): readonly string[] {
  const { maxBatchSize } = state
  const lines: [string, string][] = [
    ['range', rangeWords(state) ?? 'no key'],
    ['arguments', JSON.stringify(state.jobArguments)],
    [
      'batch size',
      `${formatCount(state.batchSize)}${maxBatchSize === null ? '' : `, at most ${formatCount(maxBatchSize)}`}`,
    ],
    ['sub-batch size', formatCount(state.subBatchSize)],
    ...(state.scanRows === null
      ? []
      : [
          ['planning', `by ${formatCount(state.scanRows)} rows read: no index serves the scope`] satisfies [
            string,
            string,
          ],
        ]),
    ['interval', `${String(state.intervalSeconds)} s`],
    ['pause', `${String(state.pauseMs)} ms`],
    ['queued', formatTime(state.createdAt)],
    ...(state.finishedAt === null ? [] : [['ended', formatTime(state.finishedAt)] satisfies [string, string]]),
  ]
  return columns(lines)
}

function runnerLines(runners: readonly RunnerValue[], now: Date): readonly string[] {
  return runners.map(({ operator, host, pid, version, startedAt, heartbeatAt, isLive }) => {
    const age = formatDuration(Math.max(0, (now.getTime() - Date.parse(heartbeatAt)) / 1000))
    const sign = isLive ? '✓' : '✕ gone:'
    return `${sign} ${operator} on ${host}, process ${String(pid)}, Tranche ${version}, since ${formatTime(startedAt)}, last heartbeat ${age} ago`
  })
}

const SIGNS = { normal: '✓', stop: '✕', unknown: '!', not_available: '–' } as const

function healthLines(readings: readonly HealthReading[]): readonly string[] {
  return columns(
    readings.map(({ indicator, signal, reason }) => [
      SIGNS[signal],
      indicatorLabel(indicator),
      sentenceOf(signal, reason),
    ]),
  )
}

function sentenceOf(signal: HealthReading['signal'], reason: string): string {
  return signal === 'normal' ? reason : `${signal.replaceAll('_', ' ')}: ${reason}`
}

/** All migrations, one line each. */
export function statesText(states: readonly MigrationStateValue[]): string {
  if (states.length === 0) return 'Nothing is queued.'
  const rows = states.map((state) => [
    shownId(state),
    state.jobClassName,
    state.tableName,
    state.status,
    percentOf(state),
    formatCount(state.rows.scanned),
    attentionOf(state),
  ])
  return columns([['ID', 'JOB CLASS', 'TABLE', 'STATUS', 'DONE', 'SCANNED', ''], ...rows], [0, 4, 5]).join('\n')
}

function attentionOf({ jobs, runners, hold }: MigrationStateValue): string {
  const live = runners.filter(({ isLive }) => isLive).length
  return [
    ...(hold === null ? [] : [`on hold: ${hold.indicator === null ? hold.reason : indicatorLabel(hold.indicator)}`]),
    ...(jobs.blocked > 0 ? [`${countOf(jobs.blocked, 'job')} failed for good`] : []),
    ...(jobs.retriable > 0 ? [`${countOf(jobs.retriable, 'job')} to retry`] : []),
    ...(live > 0 ? [countOf(live, 'runner')] : []),
  ].join(', ')
}
