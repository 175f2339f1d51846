/** The journal as a file, for whoever was not there: JSON for programs, CSV for tables. */
import type { JournalEntry } from '../../../../shared/history-view.ts'
import { logLine } from '../../parts/log-text.ts'

export const JOURNAL_FORMATS = ['csv', 'json'] as const
export type JournalFormat = (typeof JOURNAL_FORMATS)[number]

const COLUMNS = ['at', 'who', 'host', 'action', 'migration', 'jobClassName', 'job', 'result'] as const

/** Times are ISO in UTC; details are whole in JSON, and in words in CSV. */
export function journalFile(entries: readonly JournalEntry[], format: JournalFormat): string {
  if (format === 'json') {
    const records = entries.map(({ atMs, ...entry }) => ({ at: new Date(atMs).toISOString(), ...entry }))
    return `${JSON.stringify(records, null, 2)}\n`
  }
  const lines = entries.map((entry) => {
    const { who, action, lead, rest } = logLine(entry)
    return [
      ...[new Date(entry.atMs).toISOString(), entry.operator ?? who, entry.host, action],
      ...[entry.migrationId, entry.jobClassName, entry.jobId, `${lead}${rest}`],
    ]
  })
  return [COLUMNS, ...lines].map((cells) => `${cells.map(cellText).join(',')}\r\n`).join('')
}

/** Quoted where it must be; what a spreadsheet would take for a formula is told to be text. */
function cellText(value: string | null): string {
  const text = value === null ? '' : /^[=+\-@\t\r]/.test(value) ? `'${value}` : value
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}
