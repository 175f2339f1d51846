/** The statements of ours in a sub-batch's transaction: what opens it, and what closes it. */
import { raw, sql, type Sql } from '../shared/sql.ts'
import { MIGRATION_STATUS_CODES } from '../shared/status.ts'
import type { Shipment } from './backlog.ts'
import type { Slice } from './batching/strategy.ts'
import type { Claim } from './claim.ts'
import type { EngineContext } from './context.ts'
import type { Drive } from './drive.ts'
import { COMMIT, type LocalSettings, opening } from './target/transaction.ts'
import { jobTransition } from './transitions.ts'
import type { Key } from './types.ts'
import { reasonsAdded, type UnresolvedReasons } from './unresolved-reasons.ts'

interface Guarded {
  readonly context: EngineContext
  readonly drive: Drive
  readonly settings: LocalSettings
  readonly claim: Claim
  /** The end of the sub-batch before it; null for the job's first. */
  readonly predecessor: Key | null
}

/** BEGIN, the local settings, and the guard: a statement of its own, to which the settings apply already. */
export function guardedOpening({ context, drive, settings, claim, predecessor }: Guarded): readonly Sql[] {
  const { tables } = context
  const statuses = drive.drivenStatuses.map((status) => MIGRATION_STATUS_CODES[status])
  return [
    ...opening(settings),
    sql`SELECT ${tables.guard}(${claim.jobId}::bigint, ${claim.epoch}::bigint, ${predecessor}::text[], ${statuses}::smallint[])`,
  ]
}

export interface Progress {
  readonly claim: Claim
  readonly slice: Slice
  readonly shipment: Shipment
  readonly unresolved: number
  readonly unresolvedReasons: UnresolvedReasons
  readonly quarantined: number
}

/** Progress and COMMIT. The guard holds the row's lock; this only writes it. */
export function closing(context: EngineContext, progress: Progress): readonly Sql[] {
  return [writeProgress(context, progress), COMMIT]
}

/** The same for a job's last sub-batch, which also finishes the job and writes its log. */
export function finishing(
  context: EngineContext,
  progress: Progress | null,
  { jobId, metrics }: { readonly jobId: string; readonly metrics: Readonly<Record<string, unknown>> },
): readonly Sql[] {
  const finish = jobTransition(context, { jobId, from: 'running', to: 'succeeded', metrics })
  return [...(progress === null ? [] : [writeProgress(context, progress)]), finish, COMMIT]
}

function writeProgress({ tables }: EngineContext, progress: Progress): Sql {
  const { claim, slice, shipment, unresolved, unresolvedReasons, quarantined } = progress
  const column = raw('unresolved_reasons')
  return sql`UPDATE ${tables.progress}
                SET "cursor" = ${[...slice.end]}::text[],
                    scanned = scanned + ${slice.scanned},
                    changed = changed + ${shipment.changed},
                    unresolved = unresolved + ${unresolved},${
                      unresolved === 0 ? sql`` : sql` unresolved_reasons = ${reasonsAdded(column, unresolvedReasons)},`
                    }
                    quarantined = quarantined + ${quarantined},
                    uncounted_sub_batches = ${shipment.uncounted},
                    counts_exact = counts_exact AND ${shipment.isExact},
                    sub_batches = sub_batches + 1,
                    updated_at = clock_timestamp()
              WHERE job_id = ${claim.jobId}`
}
