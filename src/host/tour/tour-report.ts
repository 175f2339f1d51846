/** The tour's Markdown: SQL's counts first, then each migration's own report. */
import { escapeMarkdown, inlineCode } from '../../shared/escape-markdown.ts'
import { formatCount } from '../../shared/format-number.ts'
import type { SteppedMigrationValue, SteppedOperationValue } from '../../shared/stepped-view.ts'
import type { Toured } from './tour-migration.ts'

export function tourReport(
  toured: readonly Toured[],
  stepped: readonly SteppedMigrationValue[],
  reports: readonly string[],
): string {
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
    steppedReport(stepped),
    ...reports,
  ].join('\n\n')
}

/** Each operation with what it found and did. */
function steppedReport(migrations: readonly SteppedMigrationValue[]): string {
  const rows = migrations.flatMap(({ version, name, status, needsApproval, operations }) =>
    operations.map(({ description, result }, index) => {
      const stands = needsApproval === null ? (status ?? 'pending') : `waits for an approval: ${needsApproval}`
      const migration = index === 0 ? [`${version} ${name ?? ''}`, stands] : ['', '']
      return `| ${[...migration, description, resultText(result)].map(escapeMarkdown).join(' | ')} |`
    }),
  )
  return [
    '## Stepped migrations',
    ['| migration | stands at | operation | result |', '|---|---|---|---|', ...rows].join('\n'),
  ].join('\n\n')
}

/** Counts and checksums; lists of rows are told by `stepped list`. */
function resultText(result: SteppedOperationValue['result']): string {
  return Object.entries(result ?? {})
    .flatMap(([name, value]) =>
      typeof value === 'string' || typeof value === 'number' ? [`${name} ${String(value)}`] : [],
    )
    .join(', ')
}
