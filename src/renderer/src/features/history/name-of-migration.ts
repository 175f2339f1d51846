import type { TargetView } from '../../../../shared/app-state.ts'

export function nameOfMigration(target: TargetView | null, migrationId: string | null): string {
  if (migrationId === null) return '–'
  return target?.migrations[migrationId]?.state.jobClassName ?? `migration ${migrationId}`
}
