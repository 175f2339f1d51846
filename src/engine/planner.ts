/**
 * Makes jobs, lazily: the next one starts behind the planning frontier, which is locked, advanced and written in the
 * transaction that inserts the job. The frontier is locked by a statement of its own that everything else reads from;
 * otherwise two runners insert the same job.
 */
import { sql, type Sql } from '../shared/sql.ts'
import { JOB_STATUS_CODES } from '../shared/status.ts'
import type { KeyRange } from './batching/key-range.ts'
import { planScanned } from './batching/scan-plan.ts'
import type { JobPlan, Slice } from './batching/strategy.ts'
import { type Claim, type ClaimOutcome, NOTHING_DONE } from './claim.ts'
import { type EngineContext, inTransaction } from './context.ts'
import type { Drive } from './drive.ts'
import type { Knobs, NextRange } from './foresight.ts'
import type { Answer } from './target/flight.ts'
import type { LocalSettings, Transaction } from './target/transaction.ts'
import { storedKey } from './tracking/stored-key.ts'
import type { Key, Migration } from './types.ts'

/** Locks the frontier, then reads what the next job is made by: two statements, to be sent together. */
export function nextRange({ tables }: EngineContext, { migration: { id } }: Drive): readonly [Sql, Sql] {
  return [
    sql`SELECT next_bound, is_exhausted, scan_rows FROM ${tables.frontier} WHERE migration_id = ${id} FOR NO KEY UPDATE SKIP LOCKED`,
    sql`SELECT batch_size, sub_batch_size, pause_ms FROM ${tables.migrations} WHERE id = ${id}`,
  ]
}

/** null while somebody else plans: skipped because locked means busy, never exhausted. */
export function readNextRange(
  { migration }: Drive,
  { frontier, plan }: { readonly frontier: Answer | undefined; readonly plan: Answer | undefined },
): NextRange | null {
  const [locked] = (frontier?.rows ?? []) as {
    next_bound: string[] | null
    is_exhausted: boolean
    scan_rows: number | null
  }[]
  if (locked === undefined) return null
  const [knobs] = (plan?.rows ?? []) as unknown as Knobs[]
  if (knobs === undefined) throw new Error(`migration ${migration.id} is gone`)
  return { bound: locked.next_bound, isExhausted: locked.is_exhausted, scanRows: locked.scan_rows, knobs }
}

/** Plans the next job and claims it at once. 'busy' while somebody else plans; 'exhausted' when the range is used up. */
export async function planNextJob(
  transaction: Transaction,
  context: EngineContext,
  drive: Drive,
  next: NextRange | null,
): Promise<ClaimOutcome | { readonly kind: 'exhausted' }> {
  if (next === null) return { kind: 'busy' }
  if (next.isExhausted) return { kind: 'exhausted' }
  const { migration, foresight } = drive
  const { bound, knobs } = next
  const plan = foresight.take(next) ?? (await findPlan(transaction, context, drive, next))
  foresight.expect(null)
  if (plan === null) {
    await closeRange(transaction, context, migration, bound)
    return { kind: 'exhausted' }
  }
  const plannedTo = plan.hasMore ? plan.max : maximumOf(migration)
  const jobId = await insertJob(transaction, context, drive, { plan, knobs, plannedFrom: bound, plannedTo })
  if (plan.hasMore && next.scanRows === null) foresight.expect({ ...next, bound: plannedTo })
  const claim: Claim = {
    jobId,
    epoch: '1',
    from: 'pending',
    attempt: 1,
    min: plan.min,
    max: plan.max,
    cursor: null,
    subBatchSize: knobs.sub_batch_size,
    pauseMs: knobs.pause_ms,
    slices: plan.slices,
    done: NOTHING_DONE,
  }
  return { kind: 'claimed', claim }
}

/** Only planning transactions produce key text; a scope that no index serves may take them longer than a sub-batch. The scope is the author's. */
export function planning({ limits }: EngineContext, { searchPath }: Drive): Partial<LocalSettings> {
  return { isPlanning: true, searchPath, statementTimeoutMs: limits.planningTimeoutMs }
}

/** Looks the next job's plan up, in a transaction that locks nothing. */
export async function foreseePlan(context: EngineContext, drive: Drive, next: NextRange): Promise<JobPlan | null> {
  return inTransaction(context, (transaction) => findPlan(transaction, context, drive, next), planning(context, drive))
}

/** The next job's bounds and sub-batch ends, behind the frontier as it was read; null when no key is left. */
async function findPlan(
  transaction: Transaction,
  { limits }: EngineContext,
  { migration, scoped, strategy }: Drive,
  { bound, knobs, scanRows }: NextRange,
): Promise<JobPlan | null> {
  const sizes = { limit: knobs.batch_size, subBatchSize: knobs.sub_batch_size }
  const range: KeyRange = { after: bound, from: minimumOf(migration), until: maximumOf(migration) }
  // The search for rows in scope has a shorter limit: locks are held meanwhile, and there is another way.
  if (scoped.scope !== null) {
    await setLimit(transaction, Math.min(limits.scopedPlanningTimeoutMs, limits.planningTimeoutMs))
  }
  const plan =
    scanRows === null
      ? await strategy.plan(transaction, scoped, range, sizes)
      : await planScanned(transaction, scoped, range, { ...sizes, scanRows })
  // What follows in this transaction, such as the rest of a failed job, has planning's own limit again.
  if (scoped.scope !== null) await setLimit(transaction, limits.planningTimeoutMs)
  return plan
}

async function setLimit(transaction: Transaction, milliseconds: number): Promise<void> {
  await transaction.query(sql`SELECT set_config('statement_timeout', ${`${String(milliseconds)}ms`}, true)`)
}

/** The sub-batch ends that are left of a job, behind its cursor. Its last slice always reaches the job's maximum. */
export async function planRest(
  transaction: Transaction,
  drive: Drive,
  { min, max, cursor, subBatchSize }: Pick<Claim, 'min' | 'max' | 'cursor' | 'subBatchSize'>,
): Promise<readonly Slice[]> {
  const range: KeyRange = { after: cursor, from: min, until: max }
  const plan = await drive.strategy.plan(transaction, drive.scoped, range, { limit: null, subBatchSize })
  if (plan === null) return []
  const last = plan.slices.at(-1)
  return last === undefined ? [] : [...plan.slices.slice(0, -1), { ...last, end: max }]
}

/** Empty for a migration by cursors that found no row when it was queued; it was finished at once. */
export function minimumOf({ minValue, minCursor }: Migration): Key {
  return keyOf(minValue, minCursor)
}

export function maximumOf({ maxValue, maxCursor }: Migration): Key {
  return keyOf(maxValue, maxCursor)
}

function keyOf(value: string | null, cursor: Key | null): Key {
  const key = value === null ? cursor : [value]
  if (key === null) throw new Error('a migration has neither values nor cursors')
  return key
}

interface NewJob {
  readonly plan: JobPlan
  readonly knobs: Knobs
  readonly plannedFrom: Key | null
  readonly plannedTo: Key
}

/** Job, progress, log and frontier in one statement, and COMMIT with it. The job is born running: it belongs to the runner that made it. */
async function insertJob(
  transaction: Transaction,
  { tables }: EngineContext,
  { migration, runnerId, scoped }: Drive,
  { plan, knobs, plannedFrom, plannedTo }: NewJob,
): Promise<string> {
  const storage = migration.minValue === null ? 'cursor' : 'value'
  const { columns } = scoped.table
  const min = storedKey(plan.min, storage, columns)
  const max = storedKey(plan.max, storage, columns)
  const { rows } = await transaction.queryLast(
    sql`WITH job AS (
          INSERT INTO ${tables.jobs}
            (batched_background_migration_id, min_value, max_value, min_cursor, max_cursor, batch_size, sub_batch_size, pause_ms,
             status, attempts, started_at)
          VALUES (${migration.id}, ${min.value}, ${max.value}, ${min.cursor}, ${max.cursor}, ${knobs.batch_size},
                  ${knobs.sub_batch_size}, ${knobs.pause_ms}, ${JOB_STATUS_CODES.running}, 1, clock_timestamp())
          RETURNING id),
        progress AS (
          INSERT INTO ${tables.progress} (job_id, migration_id, runner_id, epoch, planned_from, planned_to)
          SELECT id, ${migration.id}, ${runnerId}, 1, ${plannedFrom}::text[], ${plannedTo}::text[] FROM job),
        log AS (
          INSERT INTO ${tables.transitionLogs} (batched_background_migration_job_id, previous_status, next_status)
          SELECT id, ${JOB_STATUS_CODES.pending}, ${JOB_STATUS_CODES.running} FROM job),
        frontier AS (
          UPDATE ${tables.frontier} SET next_bound = ${plannedTo}::text[], is_exhausted = ${!plan.hasMore}
           WHERE migration_id = ${migration.id})
        SELECT id FROM job`,
  )
  const [row] = rows as { id: string }[]
  if (row === undefined) throw new Error('inserting a job returned no id')
  return row.id
}

/** No key is left behind the frontier: the last job answers for the empty rest, so that the tiles reach the maximum. */
async function closeRange(
  transaction: Transaction,
  { tables }: EngineContext,
  migration: Migration,
  bound: Key | null,
): Promise<void> {
  const maximum = maximumOf(migration)
  if (bound !== null) {
    await transaction.query(
      sql`UPDATE ${tables.progress} SET planned_to = ${maximum}::text[]
           WHERE migration_id = ${migration.id} AND planned_to = ${bound}::text[]`,
    )
  }
  await transaction.query(
    sql`UPDATE ${tables.frontier} SET next_bound = ${maximum}::text[], is_exhausted = true WHERE migration_id = ${migration.id}`,
  )
}
