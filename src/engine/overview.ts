/** A migration's state as people see it: the row, its jobs by status, rows by outcome, progress, and who drives it. */
import type { MigrationFailure } from '../shared/migration-failure.ts'
import { percentOfRows } from '../shared/percent-done.ts'
import { sql } from '../shared/sql.ts'
import { isPastRun, JOB_STATUS_CODES } from '../shared/status.ts'
import { timeLeft, type TimeLeftValue } from '../shared/time-left.ts'
import { axisOf } from './batching/position.ts'
import { type EngineContext, inTransaction, onlyRow } from './context.ts'
import { readHold, toHold } from './hold.ts'
import { typeIn } from './key-order.ts'
import { maximumOf, minimumOf } from './planner.ts'
import { percentOfKeys } from './percent-of-keys.ts'
import { readRecentPace } from './recent-pace.ts'
import { readSchedule, readScheduling, type Scheduling } from './schedule.ts'
import { MAX_ATTEMPTS } from './takeover.ts'
import type { Transaction } from './target/transaction.ts'
import { countRows } from './tracking/count-rows.ts'
import { findMigration, listMigrations, listMigrationsOfClass } from './tracking/find-migration.ts'
import { listRunners } from './tracking/list-runners.ts'
import { unknownMigration } from './transitions.ts'
import { readReasons } from './unresolved-reasons.ts'
import { TrancheError } from '../shared/errors.ts'
import type { JobCounts, Migration, MigrationState, Progress, RowCounts } from './types.ts'

/** Of one moment, so that the numbers belong together. */
const ONE_SNAPSHOT = { isReadOnly: true } as const

/** All migrations, oldest first. */
export async function listStates(context: EngineContext): Promise<readonly MigrationState[]> {
  return inTransaction(
    context,
    async (transaction) => {
      const states: MigrationState[] = []
      const scheduling = await readScheduling(transaction, context)
      for (const migration of await listMigrations(transaction, context.tables))
        states.push(await stateOf(transaction, context, scheduling, migration))
      return states
    },
    ONE_SNAPSHOT,
  )
}

/** By id, or by job class name where that is unique. Throws unknown_migration, ambiguous_migration. */
export async function getState(context: EngineContext, reference: string): Promise<MigrationState> {
  return inTransaction(
    context,
    async (transaction) => {
      const migration = /^\d+$/.test(reference)
        ? await findMigration(transaction, context.tables, reference)
        : onlyOne(reference, await listMigrationsOfClass(transaction, context.tables, reference))
      if (migration === null) throw unknownMigration(reference)
      return stateOf(transaction, context, await readScheduling(transaction, context), migration)
    },
    ONE_SNAPSHOT,
  )
}

function onlyOne(reference: string, migrations: readonly Migration[]): Migration | null {
  if (migrations.length > 1) {
    const ids = migrations.map(({ id, jobArguments }) => `${id} ${JSON.stringify(jobArguments)}`).join(', ')
    throw new TrancheError(
      'ambiguous_migration',
      `"${reference}" is queued ${String(migrations.length)} times: ${ids}`,
      {
        remedy: 'Name the one you mean by its id.',
        details: { ids: migrations.map(({ id }) => id) },
      },
    )
  }
  return migrations[0] ?? null
}

async function stateOf(
  transaction: Transaction,
  context: EngineContext,
  scheduling: Scheduling,
  migration: Migration,
): Promise<MigrationState> {
  const { tables } = context
  const rows = await countRows(transaction, tables, migration.id)
  const { rows: details } = await transaction.query(
    sql`SELECT d.definition_hash, d.column_types, f.scan_rows
          FROM ${tables.details} AS d JOIN ${tables.frontier} AS f ON f.migration_id = d.migration_id
         WHERE d.migration_id = ${migration.id}`,
  )
  const [detail] = details as { definition_hash: string; column_types: string[]; scan_rows: number | null }[]
  const progress = await progressOf(transaction, context, {
    migration,
    rows,
    types: (detail?.column_types ?? []).map(typeIn),
  })
  const runners = await listRunners(transaction, context, migration.id)
  return {
    ...migration,
    jobs: await countJobs(transaction, context, migration.id),
    rows,
    progress,
    runners,
    ...(await timeLeftOf(transaction, context, migration, { rows, progress, runners })),
    hold: migration.onHoldUntil === null ? null : toHold(await readHold(transaction, context, migration.id)),
    definitionHash: detail?.definition_hash ?? null,
    scanRows: detail?.scan_rows ?? null,
    failure: migration.status === 'failed' ? await readFailure(transaction, context, migration.id) : null,
    schedule: await readSchedule(transaction, context, scheduling, migration),
    unresolvedReasons: rows.unresolved === 0 ? {} : await readReasons(transaction, context, migration.id),
    isAttached: tables.isAttached,
  }
}

/** As the journal has it. */
async function readFailure(
  transaction: Transaction,
  { tables }: EngineContext,
  migrationId: string,
): Promise<MigrationFailure | null> {
  const { rows } = await transaction.query(
    sql`SELECT details->>'rule' AS rule, (details->>'failed')::int AS failed, (details->>'of')::int AS "of"
          FROM ${tables.events} AS e WHERE migration_id = ${migrationId} AND kind = 'failed' ORDER BY id DESC LIMIT 1`,
  )
  const [row] = rows as unknown as MigrationFailure[]
  return row ?? null
}

async function timeLeftOf(
  transaction: Transaction,
  context: EngineContext,
  { id, status, intervalSeconds, totalTupleCount }: Migration,
  { rows, progress, runners }: Pick<MigrationState, 'rows' | 'progress' | 'runners'>,
): Promise<TimeLeftValue> {
  const { left, because } = timeLeft({
    ...{ status, intervalSeconds, totalTupleCount },
    ...(await readRecentPace(transaction, context, id)),
    isDriven: runners.some(({ isLive }) => isLive),
    isAttached: context.tables.isAttached,
    scanned: rows.scanned,
    percentByKey: progress.percentByKey,
  })
  return { timeLeft: left, timeLeftUnknownBecause: because }
}

async function countJobs(transaction: Transaction, { tables }: EngineContext, migrationId: string): Promise<JobCounts> {
  const status = (name: keyof typeof JOB_STATUS_CODES): ReturnType<typeof sql> =>
    sql`status = ${JOB_STATUS_CODES[name]}`
  const { rows } = await transaction.query(
    sql`SELECT (count(*) FILTER (WHERE ${status('pending')}))::int AS pending,
               (count(*) FILTER (WHERE ${status('running')}))::int AS running,
               (count(*) FILTER (WHERE ${status('failed')} AND attempts < ${MAX_ATTEMPTS}))::int AS retriable,
               (count(*) FILTER (WHERE ${status('failed')} AND attempts >= ${MAX_ATTEMPTS}))::int AS blocked,
               (count(*) FILTER (WHERE ${status('succeeded')}))::int AS succeeded
          FROM ${tables.jobs} AS j WHERE batched_background_migration_id = ${migrationId}`,
  )
  return onlyRow<JobCounts>(rows, 'counting jobs returned no row')
}

/**
 * By key: how much of the key range lies behind the jobs' cursors. By rows: scanned of the estimate. 100 only once finished;
 * before that never above 99.9, since both rest on what was known at queue time.
 */
async function progressOf(
  transaction: Transaction,
  context: EngineContext,
  {
    migration,
    rows,
    types,
  }: { readonly migration: Migration; readonly rows: RowCounts; readonly types: readonly string[] },
): Promise<Progress> {
  const { status, totalTupleCount } = migration
  if (isPastRun(status)) return { percentByKey: 100, percentByRows: 100, unknownBecause: null }
  const percentByRows = percentOfRows(rows.scanned, totalTupleCount)
  const axis = axisOf(types, minimumOf(migration), maximumOf(migration))
  const percentByKey = axis === null ? null : await percentOfKeys(transaction, context, migration, axis)
  const noDistance = `keys of type ${types.join(', ')} have no distance to be measured`
  const reasons = [
    ...(percentByKey === null ? [axis === null ? noDistance : 'the range begins or ends at infinity or NaN'] : []),
    ...(percentByRows === null ? ['the planner had no estimate of the rows at queue time (ANALYZE the table)'] : []),
  ]
  return { percentByKey, percentByRows, unknownBecause: reasons.length === 0 ? null : reasons.join('; ') }
}
