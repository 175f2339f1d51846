/**
 * Makes jobs, lazily: the next one starts behind the planning frontier, which is locked, advanced and written in the
 * transaction that inserts the job. The frontier is locked by a statement of its own that everything else reads from;
 * otherwise two runners insert the same job.
 */
import { raw, sql, type Sql } from '../shared/sql.ts'
import { JOB_STATUS_CODES } from '../shared/status.ts'
import type { KeyRange } from './batching/key-range.ts'
import { planScanned } from './batching/scan-plan.ts'
import type { JobPlan, Slice } from './batching/strategy.ts'
import { type Claim, type ClaimOutcome, NOTHING_DONE } from './claim.ts'
import type { EngineContext } from './context.ts'
import type { Drive } from './drive.ts'
import type { Transaction } from './target/transaction.ts'
import { storedKey } from './tracking/stored-key.ts'
import type { Key, Migration } from './types.ts'

interface Frontier {
  readonly next_bound: string[] | null
  readonly is_exhausted: boolean
  /** Rows that a step reads, where no index serves the scope. */
  readonly scan_rows: number | null
}

interface Knobs {
  readonly batch_size: number
  readonly sub_batch_size: number
  readonly pause_ms: number
}

/** Plans the next job and claims it at once. 'busy' while somebody else plans; 'exhausted' when the range is used up. */
export async function planNextJob(
  transaction: Transaction,
  context: EngineContext,
  drive: Drive,
): Promise<ClaimOutcome | { readonly kind: 'exhausted' }> {
  const { tables } = context
  const { migration } = drive
  const [locked, set] = await transaction.queryAll([
    sql`SELECT next_bound, is_exhausted, scan_rows FROM ${tables.frontier} WHERE migration_id = ${migration.id} FOR NO KEY UPDATE SKIP LOCKED`,
    sql`SELECT m.batch_size, m.sub_batch_size, m.pause_ms, ${limited(context, drive)}
          FROM ${tables.migrations} AS m JOIN ${tables.frontier} AS f ON f.migration_id = m.id WHERE m.id = ${migration.id}`,
  ])
  const [frontier] = (locked?.rows ?? []) as unknown as Frontier[]
  // Skipped because locked means busy, never exhausted.
  if (frontier === undefined) return { kind: 'busy' }
  if (frontier.is_exhausted) return { kind: 'exhausted' }
  const [knobs] = (set?.rows ?? []) as unknown as Knobs[]
  if (knobs === undefined) throw new Error(`migration ${migration.id} is gone`)
  const sizes = { limit: knobs.batch_size, subBatchSize: knobs.sub_batch_size }
  const range = remaining(migration, frontier)
  const plan =
    frontier.scan_rows === null
      ? await drive.strategy.plan(transaction, drive.scoped, range, sizes)
      : await planScanned(transaction, drive.scoped, range, { ...sizes, scanRows: frontier.scan_rows })
  if (plan === null) {
    await closeRange(transaction, context, migration, frontier)
    // What follows in this transaction, such as the rest of a failed job, has planning's own limit again.
    if (drive.scoped.scope !== null) await liftLimit(transaction, context)
    return { kind: 'exhausted' }
  }
  const plannedTo = plan.hasMore ? plan.max : maximumOf(migration)
  const jobId = await insertJob(transaction, context, drive, {
    plan,
    knobs,
    plannedFrom: frontier.next_bound,
    plannedTo,
  })
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

function remaining(migration: Migration, { next_bound }: Frontier): KeyRange {
  return { after: next_bound, from: minimumOf(migration), until: maximumOf(migration) }
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

/** The search for rows in scope has a shorter limit, set in passing: locks are held meanwhile, and there is another way. */
function limited({ limits }: EngineContext, { scoped }: Drive): Sql {
  if (scoped.scope === null) return raw('NULL')
  const limit = `${String(Math.min(limits.scopedPlanningTimeoutMs, limits.planningTimeoutMs))}ms`
  return sql`CASE WHEN NOT f.is_exhausted THEN set_config('statement_timeout', ${limit}, true) END`
}

async function liftLimit(transaction: Transaction, { limits }: EngineContext): Promise<void> {
  const limit = `${String(limits.planningTimeoutMs)}ms`
  await transaction.query(sql`SELECT set_config('statement_timeout', ${limit}, true)`)
}

interface NewJob {
  readonly plan: JobPlan
  readonly knobs: Knobs
  readonly plannedFrom: Key | null
  readonly plannedTo: Key
}

/** Job, progress, log and frontier in one statement. The job is born running: it belongs to the runner that made it. */
async function insertJob(
  transaction: Transaction,
  { tables }: EngineContext,
  { migration, runnerId }: Drive,
  { plan, knobs, plannedFrom, plannedTo }: NewJob,
): Promise<string> {
  const storage = migration.minValue === null ? 'cursor' : 'value'
  const min = storedKey(plan.min, storage)
  const max = storedKey(plan.max, storage)
  const { rows } = await transaction.query(
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
  frontier: Frontier,
): Promise<void> {
  const maximum = maximumOf(migration)
  if (frontier.next_bound !== null) {
    await transaction.query(
      sql`UPDATE ${tables.progress} SET planned_to = ${maximum}::text[]
           WHERE migration_id = ${migration.id} AND planned_to = ${frontier.next_bound}::text[]`,
    )
  }
  await transaction.query(
    sql`UPDATE ${tables.frontier} SET next_bound = ${maximum}::text[], is_exhausted = true WHERE migration_id = ${migration.id}`,
  )
}
