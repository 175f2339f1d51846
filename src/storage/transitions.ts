/** Copies of the target's transition log. */
import type { TransitionView } from '../shared/history-view.ts'
import type { Page } from '../shared/job-view.ts'
import type { JobStatus } from '../shared/status.ts'
import { allRows, pageOf, type SqliteDatabase } from './database.ts'

export interface TransitionRepository {
  /** Rows that are there already stay as they are: the log is append-only. */
  save(installationId: number, migrationId: string, transitions: readonly TransitionView[]): void
  /** Newest first. */
  page(query: {
    readonly installationId: number
    readonly migrationId: string
    readonly jobId: string | null
    readonly after: string | null
    readonly limit: number
  }): Page<TransitionView>
}

interface Row {
  readonly transition_id: string
  readonly job_id: string
  readonly at_ms: number
  readonly previous_status: JobStatus
  readonly next_status: JobStatus
  readonly exception_class: string | null
  readonly exception_message: string | null
}

export function createTransitionRepository(database: SqliteDatabase): TransitionRepository {
  const save = database.prepare(
    `INSERT INTO transitions (installation_id, transition_number, transition_id, migration_id, job_id, at_ms, previous_status,
                              next_status, exception_class, exception_message)
     VALUES (@installationId, CAST(@transitionId AS INTEGER), @transitionId, @migrationId, @jobId, @atMs, @previousStatus,
             @nextStatus, @exceptionClass, @exceptionMessage)
     ON CONFLICT DO NOTHING`,
  )
  const page = database.prepare(
    `SELECT transition_id, job_id, at_ms, previous_status, next_status, exception_class, exception_message
       FROM transitions
      WHERE installation_id = @installationId AND migration_id = @migrationId
        AND (@jobId IS NULL OR job_id = @jobId)
        AND (@after IS NULL OR transition_number < CAST(@after AS INTEGER))
      ORDER BY transition_number DESC LIMIT @limit + 1`,
  )
  return {
    save: database.transaction(
      (installationId: number, migrationId: string, transitions: readonly TransitionView[]) => {
        for (const transition of transitions) save.run({ installationId, migrationId, ...transition })
      },
    ),
    page(query) {
      const rows = allRows<Row>(page, query)
      return pageOf(rows, query.limit, { item: transitionOf, cursor: (row) => row.transition_id })
    },
  }
}

function transitionOf(row: Row): TransitionView {
  return {
    transitionId: row.transition_id,
    jobId: row.job_id,
    atMs: row.at_ms,
    previousStatus: row.previous_status,
    nextStatus: row.next_status,
    exceptionClass: row.exception_class,
    exceptionMessage: row.exception_message,
  }
}
