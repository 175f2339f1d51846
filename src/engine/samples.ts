/** Before-values: up to 20 rows read at queue time and kept in the tracking schema; the same keys are read again for a report. */
import type { BatchedMigrationDefinition } from '../catalogue/definition.ts'
import { sql, type Sql } from '../shared/sql.ts'
import { type BatchTable, tableName } from './batching/batch-table.ts'
import { columnTuple, keyText, keyTuple } from './batching/key-range.ts'
import type { BatchingStrategy, Scoped } from './batching/strategy.ts'
import { type EngineContext, inTransaction, inWritingTransaction } from './context.ts'
import { findMigration } from './tracking/find-migration.ts'
import { maximumOf, minimumOf } from './planner.ts'
import type { Key, Sample } from './types.ts'

const SAMPLE_ROWS = 20
const SAMPLE_TIMEOUT_MS = 5_000

interface Sampling {
  readonly migrationId: string
  readonly definition: BatchedMigrationDefinition
  readonly scoped: Scoped
  readonly strategy: BatchingStrategy
}

/** Reads and keeps the before-values. What cannot be read within 5 s is left out: samples illustrate, they prove nothing. */
export async function takeSamples(
  context: EngineContext,
  { migrationId, definition, scoped, strategy }: Sampling,
): Promise<void> {
  const { samples } = definition
  if (samples === null) return
  const settings = { isPlanning: true, statementTimeoutMs: SAMPLE_TIMEOUT_MS }
  try {
    await inWritingTransaction(
      context,
      async (transaction) => {
        const migration = await findMigration(transaction, context.tables, migrationId)
        if (migration === null || migration.status === 'finished') return
        const range = { from: minimumOf(migration), until: maximumOf(migration) }
        const keys = await strategy.spread(transaction, scoped, range, SAMPLE_ROWS)
        if (keys.length === 0) return
        const own = sql.ident(scoped.table.name)
        await transaction.query(
          sql`INSERT INTO ${context.tables.samples} (migration_id, ordinal, row_key, before_values)
              SELECT ${migrationId}, row_number() OVER (ORDER BY ${columnTuple(own, scoped.table.columns)}),
                     ${keyText(own, scoped.table.columns)}, ${asJson(own, samples.columns)}
                FROM ${tableName(scoped.table)} WHERE ${hasKey(scoped.table, keys)}`,
        )
      },
      settings,
    )
  } catch (error) {
    context.logger.log('warn', 'no samples were taken', {
      migrationId,
      message: error instanceof Error ? error.message : String(error),
    })
  }
}

/** The kept rows with their values now, in key order. */
export async function readSamples(
  context: EngineContext,
  {
    migrationId,
    table,
    columns,
  }: { readonly migrationId: string; readonly table: BatchTable; readonly columns: readonly string[] | null },
): Promise<readonly Sample[]> {
  return inTransaction(
    context,
    async (transaction) => {
      const { rows: kept } = await transaction.query(
        sql`SELECT row_key, before_values FROM ${context.tables.samples} WHERE migration_id = ${migrationId} ORDER BY ordinal`,
      )
      const before = kept as { row_key: string[]; before_values: Record<string, unknown> }[]
      if (before.length === 0) return []
      const own = sql.ident(table.name)
      const { rows: current } = await transaction.query(
        sql`SELECT ${keyText(own, table.columns)} AS row_key, ${asJson(own, columns)} AS now_values
              FROM ${tableName(table)} WHERE ${hasKey(
                table,
                before.map(({ row_key }) => row_key),
              )}`,
      )
      const after = new Map(
        (current as { row_key: string[]; now_values: Record<string, unknown> }[]).map((row) => [
          row.row_key.join('\0'),
          row.now_values,
        ]),
      )
      return before.map(({ row_key, before_values }) => ({
        key: row_key,
        before: before_values,
        after: after.get(row_key.join('\0')) ?? null,
      }))
    },
    { isPlanning: true },
  )
}

function asJson(own: Sql, columns: readonly string[] | null): Sql {
  if (columns === null) return sql`to_jsonb(${own}.*)`
  const pairs = columns.map((column) => sql`${column}::text, ${own}.${sql.ident(column)}`)
  return sql`jsonb_build_object(${sql.join(pairs)})`
}

function hasKey(table: BatchTable, keys: readonly Key[]): Sql {
  const own = sql.ident(table.name)
  const tuples = keys.map((key) => keyTuple(table.columns, key))
  return sql`${columnTuple(own, table.columns)} IN (${sql.join(tuples)})`
}
