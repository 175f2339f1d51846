/** What failed and why: jobs that are or were failed with their whole transition log, grouped by what went wrong. */
import { createHash } from 'node:crypto'
import { sql } from '../shared/sql.ts'
import { JOB_STATUS_CODES } from '../shared/status.ts'
import { type EngineContext, inTransaction } from './context.ts'
import { MAX_ATTEMPTS } from './takeover.ts'
import type { Transaction } from './target/transaction.ts'
import { JOB_COLUMNS, jobOf } from './tracking/find-job.ts'
import { findMigration, isId } from './tracking/find-migration.ts'
import { readTransitions } from './tracking/read-transitions.ts'
import { unknownMigration } from './transitions.ts'
import { unknownJob } from './unknown-job.ts'
import type { FailureGroup, FailureReport, TransitionLogEntry } from './types.ts'

export interface FailureFilter {
  readonly jobId?: string
  /** Only jobs whose latest failure is of that group. */
  readonly group?: string
}

type FailedJob = FailureReport['jobs'][number]

/** Newest failure first, largest group first. Throws unknown_migration, unknown_job. */
export async function readFailures(
  context: EngineContext,
  migrationId: string,
  filter: FailureFilter = {},
): Promise<FailureReport> {
  const { jobRows, entries } = await readRows(context, migrationId, filter)
  const logs = Map.groupBy(entries, ({ jobId }) => jobId)
  const isWanted = (group: string): boolean => filter.group === undefined || group === filter.group
  const jobs = jobRows
    .map(jobOf)
    .map((job): FailedJob => {
      const log = logs.get(job.id) ?? []
      const last = log.findLast(isFailure)
      const isBlocked = job.status === 'failed' && job.attempts >= MAX_ATTEMPTS
      return { job, log, group: last === undefined ? '' : groupOf(last), isBlocked }
    })
    .filter(({ group }) => isWanted(group))
    .sort((left, right) => (lastFailureOf(left) < lastFailureOf(right) ? 1 : -1))
  const failures = jobs.flatMap(({ log }) => log.filter(isFailure))
  return { groups: groups(failures).filter(({ group }) => isWanted(group)), jobs }
}

async function readRows(
  context: EngineContext,
  migrationId: string,
  { jobId }: FailureFilter,
): Promise<{ readonly jobRows: readonly Record<string, unknown>[]; readonly entries: readonly TransitionLogEntry[] }> {
  const { tables } = context
  return inTransaction(
    context,
    async (transaction) => {
      if ((await findMigration(transaction, tables, migrationId)) === null) throw unknownMigration(migrationId)
      if (jobId !== undefined) await assertJob(transaction, context, { migrationId, jobId })
      const failedBefore = sql`EXISTS (SELECT FROM ${tables.transitionLogs} AS l
                                        WHERE l.batched_background_migration_job_id = j.id
                                          AND l.next_status = ${JOB_STATUS_CODES.failed})`
      const { rows: jobRows } = await transaction.query(
        sql`SELECT ${JOB_COLUMNS} FROM ${tables.jobs} AS j JOIN ${tables.progress} AS p ON p.job_id = j.id
             WHERE j.batched_background_migration_id = ${migrationId}
               AND (j.status = ${JOB_STATUS_CODES.failed} OR ${failedBefore})
               ${jobId === undefined ? sql`` : sql`AND j.id = ${jobId}`}
             ORDER BY j.id`,
      )
      const jobIds = jobRows.map(({ id }) => String(id))
      return { jobRows, entries: await readTransitions(transaction, context, jobIds) }
    },
    { isReadOnly: true },
  )
}

/** Also one that never failed is a job, of which there is nothing to tell. Throws unknown_job. */
async function assertJob(
  transaction: Transaction,
  { tables }: EngineContext,
  { migrationId, jobId }: { readonly migrationId: string; readonly jobId: string },
): Promise<void> {
  if (isId(jobId)) {
    const { rows } = await transaction.query(
      sql`SELECT FROM ${tables.jobs} AS j WHERE j.id = ${jobId} AND j.batched_background_migration_id = ${migrationId}`,
    )
    if (rows.length > 0) return
  }
  throw unknownJob(migrationId, jobId)
}

function isFailure({ nextStatus }: TransitionLogEntry): boolean {
  return nextStatus === 'failed'
}

/** Ids of the log grow; a job that somebody failed by hand has none and comes last. */
function lastFailureOf({ log }: FailedJob): bigint {
  return BigInt(log.findLast(isFailure)?.id ?? 0)
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
    .sort((left, right) => right.count - left.count || (left.lastAt < right.lastAt ? 1 : -1))
}

const UUID = /\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b/gi
/** PostgreSQL quotes names with ", which tell errors apart, and values with ' or, behind a colon, with ". */
const VALUE_OF_SERVER = /'[^']*'|(?<=: )"[^"]*"/g
const QUOTED = /'[^']*'|"[^"]*"/g
const NUMBER = /-?\d+(?:\.\d+)?/g

/** Short id of class and message, with numbers and quoted values taken out: the same error on other rows is the same group. */
function groupOf({ exceptionClass, exceptionMessage }: TransitionLogEntry): string {
  const isServers = /\([0-9A-Z]{5}\)$/.test(exceptionClass ?? '')
  const normalised = firstLine(exceptionMessage ?? '')
    .replaceAll(UUID, '#')
    .replaceAll(isServers ? VALUE_OF_SERVER : QUOTED, '…')
    .replaceAll(NUMBER, '#')
  return createHash('sha256')
    .update(`${exceptionClass ?? ''}\n${normalised}`)
    .digest('hex')
    .slice(0, 8)
}

function firstLine(text: string): string {
  return text.split('\n', 1)[0] ?? ''
}
