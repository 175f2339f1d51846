import type { JournalEntry } from '../../../../shared/history-view.ts'

export function nameOfMigration({ migrationId, jobClassName }: JournalEntry): string {
  return migrationId === null ? '–' : (jobClassName ?? `migration ${migrationId}`)
}
