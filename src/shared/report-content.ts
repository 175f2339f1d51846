/** What a report says, in the order in which it is read; report-markdown.ts and report-html.ts write it. */
import type { EventValue, FailuresValue, ReportValue, SampleValue } from './cli-output.ts'
import { archivedSentence } from './describe-archived.ts'
import { rangeWords } from './describe-range.ts'
import { headlineOf, jobOutcomes, rowOutcomes } from './describe-migration.ts'
import { newRowsOf, verdictOf } from './describe-verification.ts'
import { formatDuration, formatTime } from './format-duration.ts'
import { countOf, formatCount, formatEstimate, formatRate } from './format-number.ts'
import {
  type Block,
  type Cell,
  clip,
  code,
  emphasis,
  isBlank,
  paragraph,
  type ReportContent,
  type Section,
  type Span,
  strong,
  table,
  text,
  words,
} from './report-blocks.ts'

/** Longer messages and journals are cut here; the tracking tables keep all of them. */
const SHOWN_EVENTS = 50
const SHOWN_MESSAGE = 2_000
const SHOWN_VALUE = 300

export function reportContent(report: ReportValue): ReportContent {
  const { migration } = report
  const sections = [
    whatRan(report),
    rowsAndJobs(report),
    timings(report),
    verification(report),
    samples(report),
    failures(report.failures),
    journal(report.events),
  ]
  return {
    title: [words('Batched migration '), text(migration.jobClassName), words(` (${migration.id})`)],
    headline: strong(report.archived === null ? headlineOf(migration) : archivedSentence(report.archived)),
    description: report.description,
    sections: sections.filter((section) => section !== null),
    colophon: [words('Written by '), code('tranche report'), words(` at ${formatTime(report.generatedAt)}.`)],
  }
}

function whatRan({ migration, target, events }: ReportValue): Section {
  const { jobArguments, columns } = migration
  const range = rangeWords(migration)
  const queuedBy = events.find(({ kind }) => kind === 'queue')
  return section(
    'What ran',
    table(
      ['', ''],
      [
        [words('Job class'), code(migration.jobClassName)],
        [words('Job arguments'), code(JSON.stringify(jobArguments))],
        [words('Table'), [code(migration.tableName), words(', by '), ...listed(columns.map(code))]],
        [words('Range'), range === null ? words('no key') : code(range)],
        [
          words('Batch size'),
          words(`${formatCount(migration.batchSize)}, sub-batches of ${formatCount(migration.subBatchSize)}`),
        ],
        [
          words('Pace'),
          words(`interval ${String(migration.intervalSeconds)} s, pause ${String(migration.pauseMs)} ms`),
        ],
        [words('Target'), text(target.server)],
        [words('Server'), text(`PostgreSQL ${target.serverVersion}`)],
        [words('Definition'), migration.definitionHash === null ? words('unknown') : code(migration.definitionHash)],
        ...(queuedBy === undefined ? [] : [[words('Queued by'), text(`${queuedBy.operator} on ${queuedBy.host}`)]]),
      ],
    ),
  )
}

function rowsAndJobs({ migration: { rows, jobs, totalTupleCount, unresolvedReasons } }: ReportValue): Section {
  const estimated =
    totalTupleCount === null ? [] : [[words('estimated at queue time'), words(formatEstimate(totalTupleCount))]]
  const outcomes = rowOutcomes(rows).map(({ name, count }) => [words(name), words(formatCount(count))])
  const counts = [...estimated, [strong('scanned'), strong(formatCount(rows.scanned))], ...outcomes]
  const reasons = Object.entries(unresolvedReasons).map(([reason, count]) => [text(reason), words(formatCount(count))])
  const note = rows.exact ? [] : ['Counts were re-derived after a crash: changed rows may be counted as unchanged.']
  return section(
    'Counts',
    table(['Rows', 'Count'], counts, [1]),
    ...note.map((said) => paragraph(words(said))),
    ...(reasons.length === 0 ? [] : [table(['Unresolved because', 'Rows'], reasons, [1])]),
    table(
      ['Jobs', 'Count'],
      jobOutcomes(jobs).map(({ name, count }) => [words(name), words(formatCount(count))]),
      [1],
    ),
  )
}

function timings({ timing }: ReportValue): Section {
  const lasted =
    timing.startedAt === null || timing.finishedAt === null
      ? []
      : [['First job to the end', formatDuration(secondsBetween(timing.startedAt, timing.finishedAt))]]
  const rows = [
    ['Queued', formatTime(timing.queuedAt)],
    ['First job', timing.startedAt === null ? 'none yet' : formatTime(timing.startedAt)],
    ['Finished', timing.finishedAt === null ? 'not yet' : formatTime(timing.finishedAt)],
    ...lasted,
    ['Time in jobs', formatDuration(timing.workSeconds)],
    ['Rate in jobs', timing.rowsPerSecond === null ? 'unknown' : formatRate(timing.rowsPerSecond)],
  ]
  return section(
    'Timings',
    table(
      ['', ''],
      rows.map((row) => row.map(words)),
    ),
  )
}

function verification({ verification: proof }: ReportValue): Section {
  if (proof === null) return section('Verification', paragraph(words('Never verified.')))
  const stale = proof.isStale
    ? [paragraph(strong('Stale'), words(': '), text(proof.staleBecause.join('; ')), words('.'))]
    : []
  const checks = proof.checks.map(({ name, holds, expected, found, waivedBecause, milliseconds }) => [
    holds ? words('✓') : waivedBecause === null ? [words('✕ '), strong('failed')] : words('✕ waived'),
    text(name),
    text(clip(expected, SHOWN_VALUE)),
    text(clip(found, SHOWN_VALUE)),
    words(formatDuration(milliseconds / 1000)),
  ])
  const waived = proof.checks.flatMap(({ name, waivedBecause }): Cell[] =>
    waivedBecause === null ? [] : [[text(name), words(': '), text(waivedBecause)]],
  )
  const exceptions = proof.exceptions.map(({ name, why, count }) => [text(name), words(formatCount(count)), text(why)])
  const fresh = newRowsOf(proof)
  const waivers: readonly Block[] = [paragraph(words('Waived, and why:')), { kind: 'list', items: waived }]
  return section(
    'Verification',
    paragraph(text(verdictOf(proof)), words(` Run at ${formatTime(proof.verifiedAt)}.`)),
    ...stale,
    table(['', 'Check', 'Expected', 'Found', 'Took'], checks, [4]),
    ...(waived.length === 0 ? [] : waivers),
    ...(exceptions.length === 0 ? [] : [table(['Left alone on purpose', 'Rows', 'Why'], exceptions, [1])]),
    ...(fresh === null ? [] : [paragraph(words('New after queueing: '), text(fresh))]),
  )
}

/** Before and after of the columns that changed in any sample; where none did, of the columns that were asked for. */
function samples({ samples: rows, sampleColumns, migration }: ReportValue): Section | null {
  if (rows.length === 0) return null
  const columns = changedColumns(rows)
  const shown = columns.length > 0 ? columns : (sampleColumns ?? []).filter((name) => !migration.columns.includes(name))
  const heads = [
    listed(migration.columns.map(text)),
    ...shown.flatMap((name) => [
      [text(name), words(' before')],
      [text(name), words(' after')],
    ]),
  ]
  const body = rows.map(({ key, before, after }) => [
    code(key.join(', ')),
    ...shown.flatMap((name) => [
      valueOf(before, name),
      after === null ? emphasis('row is gone') : valueOf(after, name),
    ]),
  ])
  const unchanged = rows.filter(
    ({ before, after }) => after !== null && changedColumns([{ key: [], before, after }]).length === 0,
  ).length
  const note = unchanged === 0 ? [] : [`${countOf(unchanged, 'sampled row is', 'sampled rows are')} as before.`]
  return section(
    'Before and after',
    paragraph(words(`${countOf(rows.length, 'row')}, read when the migration was queued and again now.`)),
    table(heads, body),
    ...note.map((said) => paragraph(words(said))),
  )
}

function changedColumns(rows: readonly SampleValue[]): readonly string[] {
  const names = new Set(rows.flatMap(({ before, after }) => Object.keys({ ...before, ...after })))
  return [...names].filter((name) =>
    rows.some(({ before, after }) => after !== null && JSON.stringify(before[name]) !== JSON.stringify(after[name])),
  )
}

function valueOf(row: Readonly<Record<string, unknown>>, name: string): Span {
  const value = row[name]
  if (value === null || value === undefined) return emphasis('NULL')
  const shown = clip(typeof value === 'string' ? value : JSON.stringify(value), SHOWN_VALUE)
  return isBlank(shown) ? emphasis('empty') : code(shown)
}

function failures({ groups, jobs }: FailuresValue): Section {
  if (groups.length === 0) return section('Failures', paragraph(words('None.')))
  const blocked = jobs.filter(({ isBlocked }) => isBlocked).length
  const rows = groups.map(({ group, exceptionClass, jobCount, count, lastAt, message }) => [
    code(group),
    text(exceptionClass),
    words(formatCount(count)),
    words(formatCount(jobCount)),
    words(formatTime(lastAt)),
    text(clip(message, SHOWN_VALUE)),
  ])
  const latest = jobs
    .flatMap(({ log }) => log)
    .filter(({ nextStatus }) => nextStatus === 'failed')
    .sort((a, b) => (a.at < b.at ? 1 : -1))[0]
  return section(
    'Failures',
    paragraph(
      words(`${countOf(jobs.length, 'job')} failed at least once; ${formatCount(blocked)} of them used all attempts.`),
    ),
    table(['Group', 'Class', 'Times', 'Jobs', 'Last', 'Message'], rows, [2, 3]),
    ...(latest === undefined
      ? []
      : [
          paragraph(words(`Latest, of job ${latest.jobId}:`)),
          { kind: 'lines', text: clip(latest.exceptionMessage ?? '', SHOWN_MESSAGE) } as const,
        ]),
  )
}

function journal(events: readonly EventValue[]): Section | null {
  if (events.length === 0) return null
  const shown = events.slice(-SHOWN_EVENTS)
  const omitted = events.length - shown.length
  const rows = shown.map(({ at, kind, operator, host, details }) => [
    words(formatTime(at)),
    text(kind.replaceAll('_', ' ')),
    text(`${operator} on ${host}`),
    code(clip(JSON.stringify(details), SHOWN_VALUE)),
  ])
  return section(
    'Journal',
    ...(omitted === 0 ? [] : [paragraph(words(`${countOf(omitted, 'earlier event')} left out.`))]),
    table(['When', 'What', 'Who', 'Details'], rows),
  )
}

function section(title: string, ...blocks: readonly Block[]): Section {
  return { title, blocks }
}

function listed(spans: readonly Span[]): Cell {
  return spans.flatMap((span, index) => (index === 0 ? [span] : [words(', '), span]))
}

function secondsBetween(from: string, until: string): number {
  return Math.max(0, (Date.parse(until) - Date.parse(from)) / 1000)
}
