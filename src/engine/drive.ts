/** One run of one migration: everything about it that does not change while it is driven. */
import type { ErrorBudget, JobArguments, LoadedDefinition } from '../catalogue/definition.ts'
import { TrancheError } from '../shared/errors.ts'
import { parseJobArguments } from '../shared/job-arguments.ts'
import { sql } from '../shared/sql.ts'
import type { MigrationStatus } from '../shared/status.ts'
import { getBatchTable } from './batching/batch-table.ts'
import { scopeOf } from './batching/scope.ts'
import { getStrategy } from './batching/strategies.ts'
import type { BatchingStrategy, Scoped } from './batching/strategy.ts'
import { type EngineContext, inTransaction, onlyRow } from './context.ts'
import type { Foresight } from './foresight.ts'
import type { DefinitionSource } from './ports.ts'
import { findCopyDefinition } from './stepped/copy/copy-definition.ts'
import { findMigration } from './tracking/find-migration.ts'
import { unknownMigration } from './transitions.ts'
import type { Key, Migration } from './types.ts'

/** A queued migration together with its definition and its table, as they are now. */
export interface MigrationSubject {
  readonly migration: Migration
  readonly loaded: LoadedDefinition
  readonly args: JobArguments
  readonly scoped: Scoped
  readonly strategy: BatchingStrategy
  readonly searchPath: string
  /** Type and collation of each batch column at queue time (see key-order.ts). */
  readonly queuedOrders: readonly string[]
  /** The definition's hash at queue time. */
  readonly queuedHash: string
  /** That of the queueing, else the definition's; null: none is set. */
  readonly errorBudget: ErrorBudget | null
  /** The table's last key at queue time; null where that is not known. */
  readonly lastKey: Key | null
}

export interface Drive extends MigrationSubject {
  readonly runnerId: string
  /** Statuses under which this run may write: a finalize stops when it is paused back to active, a run does not. */
  readonly drivenStatuses: readonly MigrationStatus[]
  readonly isPaced: boolean
  /** Forced: holds are passed over, no indicator is asked, the optimizer is off. */
  readonly ignoresHealth: boolean
  /** The only job that this run may claim; null: whatever comes next. */
  readonly onlyJobId: string | null
  readonly foresight: Foresight
  /** Aborted from outside, or by `halt`: lanes finish their sub-batch, release their claims and end. */
  readonly signal: AbortSignal
  readonly halt: () => void
}

interface Details {
  readonly oid: string
  readonly column_types: readonly string[]
  readonly search_path: string
  readonly strategy: string
  readonly definition_hash: string
  readonly last_key: Key | null
  readonly error_budget: ErrorBudget | null
}

/** Throws unknown_migration, unknown_class, invalid_arguments, table_missing, column_missing. */
export async function loadSubject(context: EngineContext, migrationId: string): Promise<MigrationSubject> {
  return inTransaction(context, async (transaction) => {
    const migration = await findMigration(transaction, context.tables, migrationId)
    if (migration === null) throw unknownMigration(migrationId)
    const loaded = getDefinition(context, migration.jobClassName)
    const { rows } = await transaction.query(
      sql`SELECT table_oid::text AS oid, column_types, search_path, strategy, definition_hash, last_key, error_budget
            FROM ${context.tables.details} WHERE migration_id = ${migrationId}`,
    )
    const details = onlyRow<Details>(rows, `migration ${migrationId} has no details row`)
    const table = await getBatchTable(transaction, {
      oid: details.oid,
      label: migration.tableName,
      columns: migration.columns,
    })
    const { args } = parseJobArguments(loaded.definition, migration.jobArguments)
    return {
      migration,
      loaded,
      args,
      scoped: { table, scope: scopeOf(loaded.definition, args) },
      strategy: getStrategy(details.strategy),
      searchPath: details.search_path,
      queuedOrders: details.column_types,
      queuedHash: details.definition_hash,
      errorBudget: details.error_budget ?? loaded.definition.errorBudget,
      lastKey: details.last_key,
    }
  })
}

/** Of the catalogue, or the copy of a stepped migration in it. */
export function findDefinition(definitions: DefinitionSource, jobClassName: string): LoadedDefinition | undefined {
  return definitions.find(jobClassName) ?? findCopyDefinition(definitions, jobClassName)
}

/** Throws unknown_class, naming what the catalogue has, and wrong_database where it belongs elsewhere. */
export function getDefinition(
  { definitions, database }: Pick<EngineContext, 'definitions' | 'database'>,
  jobClassName: string,
): LoadedDefinition {
  const loaded = findDefinition(definitions, jobClassName)
  if (loaded !== undefined) {
    assertOwnDatabase(loaded, database)
    return loaded
  }
  const known = definitions.list().map(({ definition }) => definition.jobClassName)
  throw new TrancheError('unknown_class', `the catalogue has no definition with the job class name "${jobClassName}"`, {
    remedy:
      known.length === 0 ? 'The catalogue is empty: check --catalogue DIR.' : `It has: ${known.sort().join(', ')}.`,
    details: { known },
  })
}

/** A table of the same name in another database is another table: a definition runs where it says, and nowhere else. */
function assertOwnDatabase({ definition }: LoadedDefinition, database: string): void {
  if (definition.database === database) return
  const { jobClassName, database: own } = definition
  throw new TrancheError(
    'wrong_database',
    `${jobClassName} belongs to the database "${own}"; this target is the database "${database}"`,
    {
      remedy: `Open the connection of "${own}", or map it: --database ${own}=postgres://user@host:port/database`,
      details: { jobClassName, database: own, target: database },
    },
  )
}

/** Throws definition_drift when the definition is not the one that was queued. */
export function assertNoDrift({ migration, loaded, queuedHash }: MigrationSubject): void {
  if (loaded.hash === queuedHash) return
  throw new TrancheError(
    'definition_drift',
    `the definition of ${migration.jobClassName} changed since migration ${migration.id} was queued`,
    {
      remedy: `Put ${loaded.file} and the files that it imports back as they were, or start over with the new one: tranche requeue ${migration.id}`,
      details: { queuedHash, currentHash: loaded.hash, file: loaded.file },
    },
  )
}
