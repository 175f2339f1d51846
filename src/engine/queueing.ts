/**
 * Queueing. Arity and settings are checked before the duplicate check, preconditions before anything is written; bounds
 * are fixed by two probes of the index, never a scan. Everything is written in one transaction.
 */
import type { BatchedMigrationDefinition, LoadedDefinition } from '../catalogue/definition.ts'
import { TrancheError } from '../shared/errors.ts'
import { parseJobArguments } from '../shared/job-arguments.ts'
import { sql } from '../shared/sql.ts'
import { MIGRATION_STATUS_CODES } from '../shared/status.ts'
import { findBatchTable } from './batching/batch-table.ts'
import { getStrategy, strategyNameOf } from './batching/strategies.ts'
import type { BatchingStrategy, Scoped } from './batching/strategy.ts'
import { runCheck } from './checks.ts'
import { type EngineContext, inTransaction, inWritingTransaction, onlyRow } from './context.ts'
import { getDefinition } from './drive.ts'
import { effectiveKnobs, type Knobs } from './knobs.ts'
import { getTransformer } from './row-performer.ts'
import { takeSamples } from './samples.ts'
import { assertPrivileges } from './target/privileges.ts'
import { sqlstateOf } from './target/sqlstate.ts'
import type { Transaction } from './target/transaction.ts'
import { MIGRATION_COLUMNS, migrationOf } from './tracking/find-migration.ts'
import { assertInstalled } from './tracking/schema-state.ts'
import { recordEvent } from './tracking/record-event.ts'
import type { Key, Migration, QueueOutcome, QueueRequest } from './types.ts'

interface Queueing {
  readonly request: QueueRequest
  readonly loaded: LoadedDefinition
  readonly knobs: Knobs
  readonly strategyName: string
  readonly strategy: BatchingStrategy
  readonly scoped: Scoped
  readonly searchPath: string
}

/**
 * Queues a migration. The same configuration again answers `duplicate: true` with the row that is there.
 * Throws unknown_class, invalid_arguments, invalid_setting, table_missing, column_missing, column_unsupported,
 * column_not_unique, precondition_failed, privilege_missing, not_installed; changes nothing then.
 */
export async function queueMigration(context: EngineContext, request: QueueRequest): Promise<QueueOutcome> {
  const loaded = getDefinition(context, request.jobClassName)
  const { definition } = loaded
  const knobs = effectiveKnobs(definition, request)
  const { args } = parseJobArguments(definition, request.jobArguments ?? [])
  if (typeof definition.perform !== 'function') getTransformer(context)
  const { searchPath } = await context.facts()
  const queueing = await inWritingTransaction(context, async (transaction) => {
    await assertInstalled(transaction, context.tables.schema)
    const table = await findBatchTable(transaction, definition.table, definition.columns)
    const strategyName = strategyNameOf(definition)
    const strategy = getStrategy(strategyName)
    await strategy.assertFits(transaction, table, request.force ?? false)
    await assertPrivileges(transaction, table)
    return {
      request,
      loaded,
      knobs,
      strategyName,
      strategy,
      searchPath,
      scoped: { table, scope: definition.scope?.({ args }) ?? null },
    }
  })
  const duplicate = await findDuplicate(context, queueing)
  if (duplicate !== null) {
    context.emitter.emit('migration:queued', {
      migrationId: duplicate.id,
      jobClassName: duplicate.jobClassName,
      duplicate: true,
    })
    return { duplicate: true, migration: duplicate }
  }
  await assertPreconditions(context, definition, searchPath)
  const outcome = await write(context, queueing)
  const { migration } = outcome
  context.emitter.emit('migration:queued', {
    migrationId: migration.id,
    jobClassName: migration.jobClassName,
    duplicate: outcome.duplicate,
  })
  return outcome
}

async function findDuplicate(context: EngineContext, { request, scoped }: Queueing): Promise<Migration | null> {
  const { rows } = await inTransaction(context, (transaction) =>
    transaction.query(
      sql`SELECT ${MIGRATION_COLUMNS} FROM ${context.tables.migrations} AS m
           WHERE m.job_class_name = ${request.jobClassName} AND m.table_name = ${scoped.table.qualifiedName}
             AND m.column_name = ${columnName(scoped)} AND m.job_arguments = ${JSON.stringify(request.jobArguments ?? [])}::jsonb`,
    ),
  )
  const [row] = rows
  return row === undefined ? null : migrationOf(row)
}

async function assertPreconditions(
  context: EngineContext,
  definition: BatchedMigrationDefinition,
  searchPath: string,
): Promise<void> {
  for (const check of definition.before) {
    const result = await runCheck(context, check, {
      searchPath,
      expectation: { exceptions: {}, quarantined: 0, args: {} },
      sample: null,
    })
    if (result.holds) continue
    throw new TrancheError(
      'precondition_failed',
      `precondition "${check.name}" of ${definition.jobClassName} does not hold: expected ${result.expected}, found ${result.found}`,
      {
        remedy: 'Bring the database to the state that the definition expects, then queue again.',
        details: { check: check.name, expected: result.expected, found: result.found, rows: result.rows },
      },
    )
  }
}

async function write(context: EngineContext, queueing: Queueing): Promise<QueueOutcome> {
  const { tables } = context
  try {
    const migration = await inWritingTransaction(
      context,
      async (transaction) => {
        const bounds = await fixBounds(transaction, queueing)
        const id = await insertMigration(transaction, context, queueing, bounds)
        await insertCompanions(transaction, context, queueing, { id, isEmpty: bounds === null })
        await recordEvent(transaction, context, {
          kind: 'queue',
          migrationId: id,
          details: {
            ...queueing.knobs,
            min: bounds?.min ?? null,
            max: bounds?.max ?? null,
            hash: queueing.loaded.hash,
            forced: queueing.request.force ?? false,
          },
        })
        const { rows } = await transaction.query(
          sql`SELECT ${MIGRATION_COLUMNS} FROM ${tables.migrations} AS m WHERE m.id = ${id}`,
        )
        return migrationOf(onlyRow(rows, 'the queued migration is gone'))
      },
      { isPlanning: true },
    )
    // Samples may meet a scope that no index serves; they are read apart, with a short limit, and are allowed to be missing.
    await takeSamples(context, { migrationId: migration.id, definition: queueing.loaded.definition, ...queueing })
    return { duplicate: false, migration }
  } catch (error) {
    // Two people queued the same at once: the second one is told of the first one's row.
    const duplicate = sqlstateOf(error) === '23505' ? await findDuplicate(context, queueing) : null
    if (duplicate === null) throw error
    return { duplicate: true, migration: duplicate }
  }
}

interface Bounds {
  readonly min: Key
  readonly max: Key
  readonly estimate: number
}

/** null: the table holds no row, or none in the range that was asked for. */
async function fixBounds(transaction: Transaction, { request, scoped, strategy }: Queueing): Promise<Bounds | null> {
  const present = await strategy.bounds(transaction, scoped.table)
  if (present === null) return null
  const min = request.min === undefined ? present.min : [integerBound('min', request.min)]
  const max = request.max === undefined ? present.max : [integerBound('max', request.max)]
  if (BigInt(min[0] ?? 0) > BigInt(max[0] ?? 0)) {
    if (request.min === undefined || request.max === undefined) return null
    throw new TrancheError('invalid_setting', `min ${String(min[0])} lies above max ${String(max[0])}`, {
      remedy: 'Swap --min and --max.',
    })
  }
  return { min, max, estimate: await strategy.estimate(transaction, scoped, { from: min, until: max }) }
}

function integerBound(name: 'min' | 'max', value: string): string {
  if (/^-?\d{1,19}$/.test(value) && BigInt.asIntN(64, BigInt(value)) === BigInt(value)) return value
  throw new TrancheError(
    'invalid_setting',
    `${name} is ${JSON.stringify(value)}; expected a whole number in the range of bigint`,
    {
      remedy: `Give --${name} a value of the batch column.`,
    },
  )
}

async function insertMigration(
  transaction: Transaction,
  { tables }: EngineContext,
  { request, loaded, knobs, strategy, scoped }: Queueing,
  bounds: Bounds | null,
): Promise<string> {
  const { definition } = loaded
  const status = bounds === null ? 'finished' : request.isPaused === true ? 'paused' : 'active'
  const { rows } = await transaction.query(
    sql`INSERT INTO ${tables.migrations}
          (min_value, max_value, batch_size, sub_batch_size, max_batch_size, "interval", pause_ms, status, job_class_name,
           batch_class_name, table_name, column_name, job_arguments, total_tuple_count, gitlab_schema,
           queued_migration_version, started_at, finished_at)
        VALUES
          (${bounds?.min[0] ?? request.min ?? '0'}, ${bounds?.max[0] ?? request.min ?? '0'}, ${knobs.batchSize}, ${knobs.subBatchSize},
           ${knobs.maxBatchSize}, ${knobs.intervalSeconds}, ${knobs.pauseMs}, ${MIGRATION_STATUS_CODES[status]}, ${definition.jobClassName},
           ${strategy.batchClassName}, ${scoped.table.qualifiedName}, ${columnName(scoped)}, ${JSON.stringify(request.jobArguments ?? [])},
           ${bounds?.estimate ?? 0}, ${`gitlab_${definition.database}`}, ${definition.queuedMigrationVersion},
           CASE WHEN ${status === 'active'}::boolean THEN clock_timestamp() END,
           CASE WHEN ${status === 'finished'}::boolean THEN clock_timestamp() END)
        RETURNING id`,
  )
  return onlyRow<{ id: string }>(rows, 'inserting a migration returned no id').id
}

async function insertCompanions(
  transaction: Transaction,
  { tables }: EngineContext,
  { loaded, strategyName, scoped, searchPath }: Queueing,
  { id, isEmpty }: { readonly id: string; readonly isEmpty: boolean },
): Promise<void> {
  const types = scoped.table.columns.map(({ type }) => type)
  await transaction.query(
    sql`INSERT INTO ${tables.details} (migration_id, table_oid, column_types, strategy, search_path, definition_hash)
        VALUES (${id}, ${scoped.table.oid}::oid, ${types}::text[], ${strategyName}, ${searchPath}, ${loaded.hash})`,
  )
  await transaction.query(sql`INSERT INTO ${tables.frontier} (migration_id, is_exhausted) VALUES (${id}, ${isEmpty})`)
  await transaction.query(
    sql`INSERT INTO ${tables.snapshots} (migration_id, hash, file, files)
        VALUES (${id}, ${loaded.hash}, ${loaded.file}, ${JSON.stringify(loaded.files)})`,
  )
}

function columnName({ table }: Scoped): string {
  return table.columns.map(({ name }) => name).join(',')
}
