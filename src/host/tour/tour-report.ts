/** The tour's Markdown: SQL's counts first, then each migration's own report. */
import { escapeMarkdown, inlineCode } from '../../shared/escape-markdown.ts'
import { formatCount } from '../../shared/format-number.ts'
import type { Toured } from './tour-migration.ts'

export function tourReport(toured: readonly Toured[], reports: readonly string[]): string {
  const rows = toured.flatMap(({ jobClassName, counts }) =>
    counts.map(
      ({ before, after }) =>
        `| ${escapeMarkdown(jobClassName)} | ${inlineCode(after.statement)} | ${formatCount(before.count)} | ${formatCount(after.count)} |`,
    ),
  )
  return [
    '# Practice tour',
    'Counted by SQL over a second connection, before each run and after everything:',
    ['| migration | statement | before | after |', '|---|---|---:|---:|', ...rows].join('\n'),
    ...reports,
  ].join('\n\n')
}
