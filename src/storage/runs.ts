/** Sessions in which this console drove a migration. */
import type { AppError } from '../shared/errors.ts'
import type { RunView } from '../shared/history-view.ts'
import type { Page } from '../shared/job-view.ts'
import { allRows, pageOf, type SqliteDatabase } from './database.ts'

export interface StartedRun {
  readonly runId: string
  readonly installationId: number
  readonly migrationId: string
  readonly jobClassName: string
  readonly kind: RunView['kind']
  readonly operator: string
  readonly host: string
  readonly pid: number
  readonly pidStart: string | null
  readonly parallel: number
  readonly startedAtMs: number
}

export interface RunCounts {
  readonly jobsRun: number
  readonly scanned: number
  readonly changed: number
}

/** Whether a run that never ended may still go on: its console is asked for by process. */
export type StoredRun = Omit<RunView, 'isOver'> & {
  readonly process: { readonly host: string; readonly pid: number; readonly pidStart: string | null }
}

export interface RunRepository {
  start(run: StartedRun): void
  count(runId: string, counts: RunCounts): void
  end(
    runId: string,
    end: { readonly endedAtMs: number; readonly reason: string | null; readonly error: AppError | null },
  ): void
  /** Newest first. */
  page(query: {
    readonly connectionId: string | null
    readonly after: string | null
    readonly limit: number
  }): Page<StoredRun>
}

interface Row {
  readonly run_number: number
  readonly run_id: string
  readonly connection_id: string
  readonly connection_name: string
  readonly migration_id: string
  readonly job_class_name: string
  readonly kind: RunView['kind']
  readonly operator: string
  readonly host: string
  readonly pid: number
  readonly pid_start: string | null
  readonly parallel: number
  readonly started_at_ms: number
  readonly ended_at_ms: number | null
  readonly reason: string | null
  readonly jobs_run: number
  readonly scanned: number
  readonly changed: number
  readonly error: string | null
}

export function createRunRepository(database: SqliteDatabase): RunRepository {
  const start = database.prepare(
    `INSERT INTO runs (run_id, installation_id, migration_id, job_class_name, kind, operator, host, pid, pid_start, parallel,
                       started_at_ms)
     VALUES (@runId, @installationId, @migrationId, @jobClassName, @kind, @operator, @host, @pid, @pidStart, @parallel,
             @startedAtMs)`,
  )
  const count = database.prepare(
    'UPDATE runs SET jobs_run = @jobsRun, scanned = @scanned, changed = @changed WHERE run_id = @runId',
  )
  const end = database.prepare(
    'UPDATE runs SET ended_at_ms = @endedAtMs, reason = @reason, error = @error WHERE run_id = @runId',
  )
  const page = database.prepare(
    `SELECT r.run_number, r.run_id, c.connection_id, c.name AS connection_name, r.migration_id, r.job_class_name, r.kind,
            r.operator, r.host, r.pid, r.pid_start, r.parallel, r.started_at_ms, r.ended_at_ms, r.reason, r.jobs_run,
            r.scanned, r.changed, r.error
       FROM runs AS r
       JOIN installations AS i ON i.installation_id = r.installation_id
       JOIN connections AS c ON c.connection_id = i.connection_id
      WHERE (@connectionId IS NULL OR c.connection_id = @connectionId) AND (@after IS NULL OR r.run_number < @after)
      ORDER BY r.run_number DESC
      LIMIT @limit + 1`,
  )
  return {
    start: (run) => void start.run(run),
    count: (runId, counts) => void count.run({ runId, ...counts }),
    end: (runId, { endedAtMs, reason, error }) =>
      void end.run({ runId, endedAtMs, reason, error: error === null ? null : JSON.stringify(error) }),
    page({ connectionId, after, limit }) {
      const rows = allRows<Row>(page, { connectionId, after: after === null ? null : Number(after), limit })
      return pageOf(rows, limit, { item: runOf, cursor: (row) => String(row.run_number) })
    },
  }
}

function runOf(row: Row): StoredRun {
  return {
    runId: row.run_id,
    connectionId: row.connection_id,
    connectionName: row.connection_name,
    migrationId: row.migration_id,
    jobClassName: row.job_class_name,
    kind: row.kind,
    operator: row.operator,
    host: row.host,
    parallel: row.parallel,
    startedAtMs: row.started_at_ms,
    endedAtMs: row.ended_at_ms,
    reason: row.reason,
    jobsRun: row.jobs_run,
    scanned: row.scanned,
    changed: row.changed,
    error: row.error === null ? null : (JSON.parse(row.error) as AppError), // written by end
    process: { host: row.host, pid: row.pid, pidStart: row.pid_start },
  }
}
