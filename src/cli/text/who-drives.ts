import type { MigrationStateValue } from '../../shared/cli-output.ts'

/** How an active migration goes on, for somebody who just made it active. */
export function whoDrives({ id, isAttached }: Pick<MigrationStateValue, 'id' | 'isAttached'>): string {
  return isAttached ? "GitLab's workers drive it." : `Drive it with: tranche run ${id}`
}
