import type { MigrationView } from '../../../../shared/app-state.ts'
import { countOf } from '../../../../shared/format-number.ts'

/** Migrations with something to read here, the newest first: failed jobs, or rows in quarantine. */
export function failingOf(migrations: readonly MigrationView[]): readonly MigrationView[] {
  return migrations
    .filter(({ state }) => state.jobs.blocked + state.jobs.retriable + state.rows.quarantined > 0)
    .toReversed()
}

/** `3 jobs, 12 rows`: failed ones, and those in quarantine. */
export function failuresNote({ state: { jobs, rows } }: MigrationView): string {
  const failed = jobs.blocked + jobs.retriable
  return [
    ...(failed > 0 ? [countOf(failed, 'job')] : []),
    ...(rows.quarantined > 0 ? [countOf(rows.quarantined, 'row')] : []),
  ].join(', ')
}
