/**
 * Queueing. Arity and settings are checked before the duplicate check, preconditions before anything is written; bounds
 * are fixed by two probes of the index, never a scan. Everything is written in one transaction.
 */
import type { JobArguments, LoadedDefinition } from '../catalogue/definition.ts'
import { TrancheError } from '../shared/errors.ts'
import { parseJobArguments } from '../shared/job-arguments.ts'
import { sql } from '../shared/sql.ts'
import { authorSearchPath } from './author-search-path.ts'
import { findBatchTable } from './batching/batch-table.ts'
import { scopeOf } from './batching/scope.ts'
import { getStrategy, strategyNameOf } from './batching/strategies.ts'
import type { BatchingStrategy, Scoped } from './batching/strategy.ts'
import { withContentionRetries } from './contention.ts'
import { type EngineContext, inTransaction, inWritingTransaction, onlyRow } from './context.ts'
import { getDefinition } from './drive.ts'
import { effectiveKnobs, type Knobs } from './knobs.ts'
import { assertPreconditions } from './preconditions.ts'
import { listWarnings } from './queue-warnings.ts'
import { fixRange, type QueuedRange } from './queued-range.ts'
import { parseRange, readRange, type RequestedRange } from './requested-range.ts'
import { getTransformer } from './row-performer.ts'
import { takeSamples } from './samples.ts'
import { assertPrivileges } from './target/privileges.ts'
import { sqlstateOf } from './target/sqlstate.ts'
import type { Transaction } from './target/transaction.ts'
import { MIGRATION_COLUMNS, migrationOf } from './tracking/find-migration.ts'
import { columnNameOf, insertMigration } from './tracking/insert-migration.ts'
import { recordEvent } from './tracking/record-event.ts'
import { storedKey } from './tracking/stored-key.ts'
import { assertInstalled } from './tracking/schema-state.ts'
import { listOwnObjects } from './tracking/schema-steps.ts'
import type { QueueOutcome, QueueRequest } from './types.ts'

/** A request that was read, and nothing asked of the database yet. */
export interface Order {
  readonly request: QueueRequest
  readonly loaded: LoadedDefinition
  readonly knobs: Knobs
  readonly args: JobArguments
  readonly jobArguments: string
  readonly range: RequestedRange
}

export interface Queueing extends Order {
  readonly strategyName: string
  readonly strategy: BatchingStrategy
  readonly scoped: Scoped
  readonly searchPath: string
}

/**
 * Queues a migration. The same configuration again answers `duplicate: true` with the row that is there.
 * Throws unknown_class, invalid_arguments, invalid_setting, definition_invalid, table_missing, column_missing,
 * column_unsupported, column_not_unique, strategy_unavailable, row_transform_unavailable, precondition_failed,
 * privilege_missing, not_installed; changes nothing then.
 */
export async function queueMigration(context: EngineContext, request: QueueRequest): Promise<QueueOutcome> {
  const queueing = await examineOrder(context, readOrder(context, request))
  const outcome = (await findDuplicate(context, queueing)) ?? (await queueNew(context, queueing))
  const { migration, duplicate } = outcome
  context.emitter.emit('migration:queued', {
    migrationId: migration.id,
    jobClassName: migration.jobClassName,
    duplicate,
  })
  return outcome
}

export function readOrder(context: EngineContext, request: QueueRequest): Order {
  const loaded = getDefinition(context, request.jobClassName)
  const given = request.jobArguments ?? []
  const knobs = effectiveKnobs(loaded.definition, request)
  const range = parseRange(request)
  const { args } = parseJobArguments(loaded.definition, given)
  assertStorable(given)
  if (typeof loaded.definition.perform !== 'function') getTransformer(context)
  return { request, loaded, knobs, args, range, jobArguments: JSON.stringify(given) }
}

/** jsonb has no place for the character NUL. */
function assertStorable(given: readonly unknown[]): void {
  JSON.stringify(given, (key, value: unknown) => {
    if (!key.includes('\0') && !(typeof value === 'string' && value.includes('\0'))) return value
    throw new TrancheError(
      'invalid_arguments',
      'an argument contains the character NUL, which PostgreSQL cannot store',
      {
        remedy: 'Pass it in another form, such as base64.',
      },
    )
  })
}

/** What the target says of the order. Throws what queueing throws before anything is written. */
export async function examineOrder(context: EngineContext, order: Order): Promise<Queueing> {
  const searchPath = await authorSearchPath(context)
  return inWritingTransaction(
    context,
    async (transaction) => {
      await assertInstalled(transaction, context.tables.schema)
      return examineTarget(transaction, context, order, searchPath)
    },
    { isPlanning: true, searchPath },
  )
}

/** Table, columns, index and privileges, as they are in the target now; in a planning transaction under the author's search_path. */
export async function examineTarget(
  transaction: Transaction,
  context: EngineContext,
  order: Order,
  searchPath: string,
): Promise<Queueing> {
  const { definition } = order.loaded
  const table = await findBatchTable(transaction, definition.table, definition.columns)
  await assertNotOurs(table, context.tables.schema)
  const strategyName = strategyNameOf(definition, table)
  const strategy = getStrategy(strategyName)
  await strategy.assertFits(transaction, table, order.request.force ?? false)
  await assertPrivileges(transaction, table)
  const scoped = { table, scope: scopeOf(definition, order.args) }
  const range = await readRange(transaction, table, order.range)
  return { ...order, range, strategyName, strategy, scoped, searchPath }
}

/** A role that is named like the tracking schema finds that one first ("$user" in its search_path). */
async function assertNotOurs({ schema, name, qualifiedName }: Scoped['table'], trackingSchema: string): Promise<void> {
  if (schema !== trackingSchema || !(await listOwnObjects()).tables.includes(name)) return
  throw new TrancheError('table_missing', `"${qualifiedName}" is one of Tranche's own tracking tables`, {
    remedy: 'Write the table with its schema in the definition: schema.table.',
  })
}

/** The row of the same configuration, where there is one. Needs the tracking schema. */
export async function findDuplicate(context: EngineContext, queueing: Queueing): Promise<QueueOutcome | null> {
  const { request, scoped, jobArguments } = queueing
  const { rows } = await inTransaction(context, (transaction) =>
    transaction.query(
      sql`SELECT ${MIGRATION_COLUMNS} FROM ${context.tables.migrations} AS m
           WHERE m.job_class_name = ${request.jobClassName} AND m.table_name = ${scoped.table.qualifiedName}
             AND m.column_name = ${columnNameOf(scoped.table)} AND m.job_arguments = ${jobArguments}::jsonb`,
    ),
  )
  const [row] = rows
  return row === undefined ? null : { duplicate: true, migration: migrationOf(row), warnings: [] }
}

async function queueNew(context: EngineContext, queueing: Queueing): Promise<QueueOutcome> {
  await assertPreconditions(context, queueing)
  const outcome = await writeOnce(context, queueing)
  if (!outcome.duplicate) await keepSamples(context, queueing, outcome.migration.id)
  return outcome
}

/** Samples may meet a scope that no index serves; they are read apart, with a short limit, and are allowed to be missing. */
export async function keepSamples(context: EngineContext, queueing: Queueing, migrationId: string): Promise<void> {
  const { samples } = queueing.loaded.definition
  // A value of a column that is not unique names many rows: no one row could be read again.
  const isOneRow = queueing.strategyName !== 'loose_index_scan'
  if (samples !== null && isOneRow) await takeSamples(context, { ...queueing, migrationId, columns: samples.columns })
}

async function writeOnce(context: EngineContext, queueing: Queueing): Promise<QueueOutcome> {
  const attempt = async (): Promise<QueueOutcome> => ({ duplicate: false, ...(await write(context, queueing)) })
  try {
    return await attempt()
  } catch (error) {
    if (sqlstateOf(error) !== '23505') throw error
    // Two people queued at once. The same: the second one is told of the first one's row. Others of that version: again.
    return (await findDuplicate(context, queueing)) ?? (await attempt())
  }
}

async function write(context: EngineContext, queueing: Queueing): Promise<Queued> {
  return withContentionRetries(context, () =>
    inWritingTransaction(context, (transaction) => insertQueued(transaction, context, queueing), {
      isPlanning: true,
      searchPath: queueing.searchPath,
    }),
  )
}

export type Queued = Pick<QueueOutcome, 'migration' | 'warnings'>

/** Fixes the range and writes the migration with its event. In a planning transaction under the author's search_path. */
export async function insertQueued(
  transaction: Transaction,
  context: EngineContext,
  queueing: Queueing,
): Promise<Queued> {
  const range = await fixRange(transaction, queueing, queueing.range)
  const bounds = range === null ? null : { from: range.min, until: range.max }
  const warnings = await listWarnings(transaction, queueing, bounds)
  const migration = await insertOne(transaction, context, queueing, range)
  await recordEvent(transaction, context, {
    kind: 'queue',
    migrationId: migration,
    details: {
      ...queueing.knobs,
      min: range?.min ?? null,
      max: range?.max ?? null,
      hash: queueing.loaded.hash,
      forced: queueing.request.force ?? false,
      ...(warnings.length === 0 ? {} : { warnings: warnings.map(({ detail }) => detail) }),
      request: askedFor(queueing.request),
    },
  })
  const { rows } = await transaction.query(
    sql`SELECT ${MIGRATION_COLUMNS} FROM ${context.tables.migrations} AS m WHERE m.id = ${migration}`,
  )
  return { migration: migrationOf(onlyRow(rows, 'the queued migration is gone')), warnings }
}

/** What a requeue repeats: only what was asked for, so that everything else follows the definition. */
function askedFor({
  batchSize,
  subBatchSize,
  maxBatchSize,
  intervalSeconds,
  pauseMs,
  min,
  max,
  errorBudget,
  force,
}: QueueRequest): Record<string, unknown> {
  return {
    batchSize,
    subBatchSize,
    maxBatchSize,
    intervalSeconds,
    pauseMs,
    min,
    max,
    errorBudget,
    ...(force === true ? { force } : {}),
  }
}

/** Without a row in its range it is finished at once, and its maximum is its minimum; as cursors both may be empty. */
async function insertOne(
  transaction: Transaction,
  { tables }: EngineContext,
  queueing: Queueing,
  range: QueuedRange | null,
): Promise<string> {
  const { request, strategy, scoped } = queueing
  const storage = strategy.storageOf(scoped.table)
  const nothing = queueing.range.min ?? queueing.range.max ?? (storage === 'value' ? ['0'] : [])
  return insertMigration(transaction, tables, {
    ...queueing,
    table: scoped.table,
    batchClassName: strategy.batchClassName,
    status: range === null ? 'finished' : request.isPaused === true ? 'paused' : 'active',
    min: storedKey(range?.min ?? nothing, storage, scoped.table.columns),
    max: storedKey(range?.max ?? nothing, storage, scoped.table.columns),
    lastKey: range?.last ?? null,
    errorBudget: request.errorBudget,
    estimate: range?.estimate ?? 0,
  })
}
