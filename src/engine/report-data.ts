/** Values of a report that cross the engine's face. */
import type { ArchivedValue } from '../shared/archived-value.ts'
import type { FailureReport, Key, MigrationState, TrackedEvent } from './types.ts'
import type { Verification } from './verification.ts'

export interface Sample {
  readonly key: Key
  readonly before: Readonly<Record<string, unknown>>
  /** The same row now; null when it is gone. */
  readonly after: Readonly<Record<string, unknown>> | null
}

/** Everything that a report states, read in one go. */
export interface ReportData {
  readonly migration: MigrationState
  /** null: it is queued. */
  readonly archived: ArchivedValue | null
  readonly description: string | null
  readonly target: { readonly database: string; readonly server: string; readonly serverVersion: string }
  readonly generatedAt: string
  readonly timing: {
    readonly queuedAt: string
    readonly startedAt: string | null
    readonly finishedAt: string | null
    /** Sum of the succeeded jobs' durations. */
    readonly workSeconds: number
    readonly rowsPerSecond: number | null
  }
  readonly failures: FailureReport
  readonly verification: (Verification & { readonly isStale: boolean; readonly staleBecause: readonly string[] }) | null
  readonly samples: readonly Sample[]
  readonly sampleColumns: readonly string[] | null
  readonly events: readonly TrackedEvent[]
}
