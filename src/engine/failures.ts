/** What failed and why: jobs that are or were failed with their whole transition log, grouped by what went wrong. */
import { createHash } from 'node:crypto'
import { sql } from '../shared/sql.ts'
import { JOB_STATUS_CODES } from '../shared/status.ts'
import { type EngineContext, inTransaction } from './context.ts'
import { MAX_ATTEMPTS } from './takeover.ts'
import { JOB_COLUMNS, jobOf } from './tracking/find-job.ts'
import { readTransitions } from './tracking/read-transitions.ts'
import type { FailureGroup, FailureReport, TransitionLogEntry } from './types.ts'

/** Newest failure first. With a filter only that job, or only jobs whose latest failure is of that group. */
export async function readFailures(
  context: EngineContext,
  migrationId: string,
  filter: { readonly jobId?: string; readonly group?: string } = {},
): Promise<FailureReport> {
  const { tables } = context
  const { jobRows, entries } = await inTransaction(context, async (transaction) => {
    const failedOnce = sql`SELECT l.batched_background_migration_job_id FROM ${tables.transitionLogs} AS l
                            WHERE l.next_status = ${JOB_STATUS_CODES.failed}`
    const jobs = await transaction.query(
      sql`SELECT ${JOB_COLUMNS} FROM ${tables.jobs} AS j JOIN ${tables.progress} AS p ON p.job_id = j.id
           WHERE j.batched_background_migration_id = ${migrationId} AND j.id IN (${failedOnce})
             ${filter.jobId === undefined ? sql`` : sql`AND j.id = ${filter.jobId}`}
           ORDER BY j.id`,
    )
    const jobIds = jobs.rows.map((row) => String(row.id))
    return { jobRows: jobs.rows, entries: await readTransitions(transaction, context, jobIds) }
  })
  const logs = Map.groupBy(entries, ({ jobId }) => jobId)
  const jobs = jobRows
    .map(jobOf)
    .map((job) => {
      const log = logs.get(job.id) ?? []
      const last = log.findLast(({ nextStatus }) => nextStatus === 'failed')
      return {
        job,
        log,
        group: last === undefined ? '' : groupOf(last),
        isBlocked: job.status === 'failed' && job.attempts >= MAX_ATTEMPTS,
      }
    })
    .filter(({ group }) => filter.group === undefined || group === filter.group)
  const failures = jobs.flatMap(({ log }) => log.filter(({ nextStatus }) => nextStatus === 'failed'))
  return { groups: groups(failures), jobs }
}

function groups(failures: readonly TransitionLogEntry[]): readonly FailureGroup[] {
  return [...Map.groupBy(failures, groupOf)]
    .map(([group, entries]) => {
      const at = entries.map((entry) => entry.at).sort()
      return {
        group,
        exceptionClass: entries[0]?.exceptionClass ?? '',
        message: firstLine(entries[0]?.exceptionMessage ?? ''),
        jobCount: new Set(entries.map(({ jobId }) => jobId)).size,
        count: entries.length,
        firstAt: at[0] ?? '',
        lastAt: at.at(-1) ?? '',
      }
    })
    .sort((left, right) => right.count - left.count)
}

/** Short id of class and message, with numbers and quoted values taken out: the same error on other rows is the same group. */
function groupOf({ exceptionClass, exceptionMessage }: TransitionLogEntry): string {
  const normalised = firstLine(exceptionMessage ?? '')
    .replaceAll(/'[^']*'/g, `'…'`)
    .replaceAll(/\d+/g, '#')
  return createHash('sha256')
    .update(`${exceptionClass ?? ''}\n${normalised}`)
    .digest('hex')
    .slice(0, 8)
}

function firstLine(text: string): string {
  return text.split('\n', 1)[0] ?? ''
}
