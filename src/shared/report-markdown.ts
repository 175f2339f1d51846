/** The report as Markdown: what an operator pastes into a merge request. Pure; whatever came from the database is escaped. */
import type { EventValue, FailuresValue, ReportValue, SampleValue } from './cli-output.ts'
import { archivedSentence } from './describe-archived.ts'
import { rangeWords } from './describe-range.ts'
import { headlineOf, jobOutcomes, rowOutcomes } from './describe-migration.ts'
import { newRowsOf, verdictOf } from './describe-verification.ts'
import { escapeMarkdown, fencedBlock, inlineCode } from './escape-markdown.ts'
import { formatDuration, formatTime } from './format-duration.ts'
import { countOf, formatCount, formatEstimate, formatRate } from './format-number.ts'

/** Longer messages and journals are cut here; the tracking tables keep all of them. */
const SHOWN_EVENTS = 50
const SHOWN_MESSAGE = 2_000
const SHOWN_VALUE = 300

export function reportMarkdown(report: ReportValue): string {
  const { migration } = report
  const sections = [
    `# Batched migration ${escapeMarkdown(migration.jobClassName)} (${migration.id})`,
    `**${escapeMarkdown(report.archived === null ? headlineOf(migration) : archivedSentence(report.archived))}**`,
    ...(report.description === null ? [] : [escapeMarkdown(report.description)]),
    whatRan(report),
    rowsAndJobs(report),
    timings(report),
    verification(report),
    samples(report),
    failures(report.failures),
    journal(report.events),
    `Written by \`tranche report\` at ${formatTime(report.generatedAt)}.`,
  ]
  return `${sections.filter((section) => section !== '').join('\n\n')}\n`
}

function whatRan({ migration, target, events }: ReportValue): string {
  const { jobArguments, columns } = migration
  const range = rangeWords(migration)
  const queuedBy = events.find(({ kind }) => kind === 'queue')
  return section(
    'What ran',
    table(
      ['', ''],
      [
        ['Job class', inlineCode(migration.jobClassName)],
        ['Job arguments', inlineCode(JSON.stringify(jobArguments))],
        ['Table', `${inlineCode(migration.tableName)}, by ${columns.map(inlineCode).join(', ')}`],
        ['Range', range === null ? 'no key' : inlineCode(range)],
        ['Batch size', `${formatCount(migration.batchSize)}, sub-batches of ${formatCount(migration.subBatchSize)}`],
        ['Pace', `interval ${String(migration.intervalSeconds)} s, pause ${String(migration.pauseMs)} ms`],
        ['Target', escapeMarkdown(target.server)],
        ['Server', escapeMarkdown(`PostgreSQL ${target.serverVersion}`)],
        ['Definition', migration.definitionHash === null ? 'unknown' : inlineCode(migration.definitionHash)],
        ...(queuedBy === undefined ? [] : [['Queued by', escapeMarkdown(`${queuedBy.operator} on ${queuedBy.host}`)]]),
      ],
    ),
  )
}

function rowsAndJobs({ migration: { rows, jobs, totalTupleCount, unresolvedReasons } }: ReportValue): string {
  const estimated = totalTupleCount === null ? [] : [['estimated at queue time', formatEstimate(totalTupleCount)]]
  const outcomes = rowOutcomes(rows).map(({ name, count }) => [name, formatCount(count)])
  const counts = [...estimated, ['**scanned**', `**${formatCount(rows.scanned)}**`], ...outcomes]
  const reasons = Object.entries(unresolvedReasons).map(([reason, count]) => [
    escapeMarkdown(reason),
    formatCount(count),
  ])
  const note = rows.exact ? [] : ['Counts were re-derived after a crash: changed rows may be counted as unchanged.']
  return section(
    'Counts',
    table(['Rows', 'Count'], counts, [1]),
    ...note,
    ...(reasons.length === 0 ? [] : [table(['Unresolved because', 'Rows'], reasons, [1])]),
    table(
      ['Jobs', 'Count'],
      jobOutcomes(jobs).map(({ name, count }) => [name, formatCount(count)]),
      [1],
    ),
  )
}

function timings({ timing }: ReportValue): string {
  const lasted =
    timing.startedAt === null || timing.finishedAt === null
      ? []
      : [['First job to the end', formatDuration(secondsBetween(timing.startedAt, timing.finishedAt))]]
  return section(
    'Timings',
    table(
      ['', ''],
      [
        ['Queued', formatTime(timing.queuedAt)],
        ['First job', timing.startedAt === null ? 'none yet' : formatTime(timing.startedAt)],
        ['Finished', timing.finishedAt === null ? 'not yet' : formatTime(timing.finishedAt)],
        ...lasted,
        ['Time in jobs', formatDuration(timing.workSeconds)],
        ['Rate in jobs', timing.rowsPerSecond === null ? 'unknown' : formatRate(timing.rowsPerSecond)],
      ],
    ),
  )
}

function verification({ verification: proof }: ReportValue): string {
  if (proof === null) return section('Verification', 'Never verified.')
  const stale = proof.isStale ? [`**Stale**: ${escapeMarkdown(proof.staleBecause.join('; '))}.`] : []
  const checks = proof.checks.map(({ name, holds, expected, found, waivedBecause, milliseconds }) => [
    holds ? '✓' : waivedBecause === null ? '✕ **failed**' : '✕ waived',
    escapeMarkdown(name),
    escapeMarkdown(clip(expected, SHOWN_VALUE)),
    escapeMarkdown(clip(found, SHOWN_VALUE)),
    formatDuration(milliseconds / 1000),
  ])
  const waived = proof.checks.flatMap(({ name, waivedBecause }) =>
    waivedBecause === null ? [] : [`- ${escapeMarkdown(name)}: ${escapeMarkdown(waivedBecause)}`],
  )
  const exceptions = proof.exceptions.map(({ name, why, count }) => [
    escapeMarkdown(name),
    formatCount(count),
    escapeMarkdown(why),
  ])
  const fresh = newRowsOf(proof)
  return section(
    'Verification',
    `${escapeMarkdown(verdictOf(proof))} Run at ${formatTime(proof.verifiedAt)}.`,
    ...stale,
    table(['', 'Check', 'Expected', 'Found', 'Took'], checks, [4]),
    ...(waived.length === 0 ? [] : [`Waived, and why:\n\n${waived.join('\n')}`]),
    ...(exceptions.length === 0 ? [] : [table(['Left alone on purpose', 'Rows', 'Why'], exceptions, [1])]),
    ...(fresh === null ? [] : [`New after queueing: ${escapeMarkdown(fresh)}`]),
  )
}

/** Before and after of the columns that changed in any sample; where none did, of the columns that were asked for. */
function samples({ samples: rows, sampleColumns, migration }: ReportValue): string {
  if (rows.length === 0) return ''
  const columns = changedColumns(rows)
  const shown = columns.length > 0 ? columns : (sampleColumns ?? []).filter((name) => !migration.columns.includes(name))
  const heads = [
    migration.columns.map(escapeMarkdown).join(', '),
    ...shown.flatMap((name) => [`${escapeMarkdown(name)} before`, `${escapeMarkdown(name)} after`]),
  ]
  const body = rows.map(({ key, before, after }) => [
    inlineCode(key.join(', ')),
    ...shown.flatMap((name) => [valueOf(before, name), after === null ? '*row is gone*' : valueOf(after, name)]),
  ])
  const unchanged = rows.filter(
    ({ before, after }) => after !== null && changedColumns([{ key: [], before, after }]).length === 0,
  ).length
  const note = unchanged === 0 ? [] : [`${countOf(unchanged, 'sampled row is', 'sampled rows are')} as before.`]
  return section(
    'Before and after',
    `${countOf(rows.length, 'row')}, read when the migration was queued and again now.`,
    table(heads, body),
    ...note,
  )
}

function changedColumns(rows: readonly SampleValue[]): readonly string[] {
  const names = new Set(rows.flatMap(({ before, after }) => Object.keys({ ...before, ...after })))
  return [...names].filter((name) =>
    rows.some(({ before, after }) => after !== null && JSON.stringify(before[name]) !== JSON.stringify(after[name])),
  )
}

function valueOf(row: Readonly<Record<string, unknown>>, name: string): string {
  const value = row[name]
  if (value === null || value === undefined) return '*NULL*'
  return inlineCode(clip(typeof value === 'string' ? value : JSON.stringify(value), SHOWN_VALUE)) || '*empty*'
}

function failures({ groups, jobs }: FailuresValue): string {
  if (groups.length === 0) return section('Failures', 'None.')
  const blocked = jobs.filter(({ isBlocked }) => isBlocked).length
  const rows = groups.map(({ group, exceptionClass, jobCount, count, lastAt, message }) => [
    inlineCode(group),
    escapeMarkdown(exceptionClass),
    formatCount(count),
    formatCount(jobCount),
    formatTime(lastAt),
    escapeMarkdown(clip(message, SHOWN_VALUE)),
  ])
  const latest = jobs
    .flatMap(({ log }) => log)
    .filter(({ nextStatus }) => nextStatus === 'failed')
    .sort((a, b) => (a.at < b.at ? 1 : -1))[0]
  return section(
    'Failures',
    `${countOf(jobs.length, 'job')} failed at least once; ${formatCount(blocked)} of them used all attempts.`,
    table(['Group', 'Class', 'Times', 'Jobs', 'Last', 'Message'], rows, [2, 3]),
    ...(latest === undefined
      ? []
      : [`Latest, of job ${latest.jobId}:\n\n${fencedBlock(clip(latest.exceptionMessage ?? '', SHOWN_MESSAGE))}`]),
  )
}

function journal(events: readonly EventValue[]): string {
  if (events.length === 0) return ''
  const shown = events.slice(-SHOWN_EVENTS)
  const omitted = events.length - shown.length
  const rows = shown.map(({ at, kind, operator, host, details }) => [
    formatTime(at),
    escapeMarkdown(kind.replaceAll('_', ' ')),
    escapeMarkdown(`${operator} on ${host}`),
    inlineCode(clip(JSON.stringify(details), SHOWN_VALUE)),
  ])
  return section(
    'Journal',
    ...(omitted === 0 ? [] : [`${countOf(omitted, 'earlier event')} left out.`]),
    table(['When', 'What', 'Who', 'Details'], rows),
  )
}

function section(title: string, ...paragraphs: readonly string[]): string {
  return [`## ${title}`, ...paragraphs].join('\n\n')
}

function table(
  heads: readonly string[],
  rows: readonly (readonly string[])[],
  rightAligned: readonly number[] = [],
): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`
  const rule = heads.map((_, index) => (rightAligned.includes(index) ? '--:' : '---'))
  return [line(heads), line(rule), ...rows.map(line)].join('\n')
}

function clip(text: string, length: number): string {
  return text.length <= length ? text : `${text.slice(0, length - 1)}…`
}

function secondsBetween(from: string, until: string): number {
  return Math.max(0, (Date.parse(until) - Date.parse(from)) / 1000)
}
