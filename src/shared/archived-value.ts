import type { MigrationStatus } from './status.ts'

/** A migration as it stood when it was requeued or deleted. Its jobs and their logs are in the table `archive`. */
export interface ArchivedValue {
  readonly id: string
  readonly reason: 'deleted' | 'requeued'
  readonly archivedAt: string
  readonly operator: string
  readonly jobClassName: string
  readonly tableName: string
  readonly columns: readonly string[]
  readonly jobArguments: readonly unknown[]
  readonly status: MigrationStatus
  readonly jobs: number
  readonly succeededJobs: number
  readonly rowsScanned: number
  readonly rowsChanged: number
  /** The migration that it became, or null where it was deleted. */
  readonly requeuedAs: string | null
}
