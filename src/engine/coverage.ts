/** The two checks that always run: every job succeeded, and the jobs' tiles cover minimum to maximum without gap or overlap. */
import { sql } from '../shared/sql.ts'
import { JOB_STATUS_CODES } from '../shared/status.ts'
import { typedKey } from './batching/key-range.ts'
import { SHOWN_ROWS } from './checks.ts'
import { type EngineContext, inTransaction, onlyRow } from './context.ts'
import type { MigrationSubject } from './drive.ts'
import { maximumOf, minimumOf } from './planner.ts'
import { keyWords } from '../shared/describe-range.ts'
import { cursorKey } from './tracking/stored-key.ts'
import type { CheckResult } from './types.ts'

export const JOBS_SUCCEEDED = 'every job succeeded'
export const COVERAGE = 'the jobs cover the range'

export async function checkJobsSucceeded(
  { tables, ...context }: EngineContext,
  { migration }: MigrationSubject,
): Promise<CheckResult> {
  const startedAt = performance.now()
  const { rows } = await inTransaction({ tables, ...context }, (transaction) =>
    transaction.query(
      sql`SELECT id AS job_id, status, attempts, min_value, max_value, ${cursorKey('min_cursor')} AS min_cursor,
                 ${cursorKey('max_cursor')} AS max_cursor, count(*) OVER ()::int AS total
            FROM ${tables.jobs}
           WHERE batched_background_migration_id = ${migration.id} AND status <> ${JOB_STATUS_CODES.succeeded}
           ORDER BY id LIMIT ${SHOWN_ROWS}`,
    ),
  )
  const total = Number(rows[0]?.total ?? 0)
  return {
    name: JOBS_SUCCEEDED,
    kind: 'jobs_succeeded',
    holds: total === 0,
    expected: '0 unsucceeded jobs',
    found: `${String(total)} unsucceeded ${total === 1 ? 'job' : 'jobs'}`,
    rows: rows.map(({ total: _total, ...row }) => withoutNulls(row)),
    milliseconds: performance.now() - startedAt,
    waivedBecause: null,
  }
}

interface TileCounts {
  readonly is_exhausted: boolean
  readonly jobs: number
  readonly broken: number
  readonly reaches_maximum: boolean
  readonly first_broken: readonly unknown[] | null
}

/** Jobs tile the range: each starts where the one before it ended, the last one ends at the maximum. */
export async function checkCoverage(context: EngineContext, subject: MigrationSubject): Promise<CheckResult> {
  const { tables } = context
  const { migration } = subject
  const startedAt = performance.now()
  const { rows } = await inTransaction(context, (transaction) =>
    transaction.query(
      sql`WITH tiles AS (
            SELECT p.job_id, p.planned_from, p.planned_to,
                   lag(p.planned_to) OVER in_order AS previous_to, lead(p.job_id) OVER in_order IS NULL AS is_last
              FROM ${tables.progress} AS p
             WHERE p.migration_id = ${migration.id}
            WINDOW in_order AS (ORDER BY ${sql.join(typedKey(subject.scoped.table.columns, 'p.planned_to'))}))
          SELECT (SELECT is_exhausted FROM ${tables.frontier} WHERE migration_id = ${migration.id}) AS is_exhausted,
                 count(*)::int AS jobs,
                 (count(*) FILTER (WHERE planned_from IS DISTINCT FROM previous_to))::int AS broken,
                 coalesce(bool_or(planned_to = ${[...maximumOf(migration)]}::text[]) FILTER (WHERE is_last), false) AS reaches_maximum,
                 (SELECT jsonb_agg(t) FROM (
                    SELECT job_id, previous_to, planned_from, planned_to FROM tiles
                     WHERE planned_from IS DISTINCT FROM previous_to LIMIT ${SHOWN_ROWS}) AS t) AS first_broken
            FROM tiles`,
    ),
  )
  const tiles = onlyRow<TileCounts>(rows, 'counting tiles returned no row')
  const range = `${keyWords(minimumOf(migration))} to ${keyWords(maximumOf(migration))}`
  const holds = tiles.is_exhausted && tiles.broken === 0 && (tiles.jobs === 0 || tiles.reaches_maximum)
  return {
    name: COVERAGE,
    kind: 'coverage',
    holds,
    expected: `${range} without gap or overlap`,
    found: holds
      ? `${String(tiles.jobs)} ${tiles.jobs === 1 ? 'job covers' : 'jobs cover'} ${range}`
      : describeGap(tiles),
    rows: (tiles.first_broken ?? []) as Record<string, unknown>[],
    milliseconds: performance.now() - startedAt,
    waivedBecause: null,
  }
}

function describeGap({ is_exhausted, broken, reaches_maximum }: TileCounts): string {
  if (broken > 0) return `${String(broken)} gaps or overlaps between jobs`
  if (!is_exhausted) return 'jobs have not been made for the whole range yet'
  return reaches_maximum ? 'covered' : 'the last job does not reach the maximum'
}

/** Of values and cursors a job has only one. */
function withoutNulls(row: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  return Object.fromEntries(Object.entries(row).filter(([, value]) => value !== null))
}
