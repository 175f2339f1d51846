/** Before-values: up to 20 rows read at queue time and kept in the tracking schema; the same keys are read again for a report. */
import { sql, type Sql } from '../shared/sql.ts'
import { TrancheError } from '../shared/errors.ts'
import { type BatchTable, tableName } from './batching/batch-table.ts'
import { columnTuple, keyText, keyTuple } from './batching/key-range.ts'
import type { BatchingStrategy, Scoped } from './batching/strategy.ts'
import { type EngineContext, inTransaction, inWritingTransaction } from './context.ts'
import { parseExactly } from './exact-json.ts'
import { maximumOf, minimumOf } from './planner.ts'
import type { Transaction } from './target/transaction.ts'
import { findMigration } from './tracking/find-migration.ts'
import type { Sample } from './report-data.ts'
import type { Key } from './types.ts'

const SAMPLE_ROWS = 20
const SAMPLE_TIMEOUT_MS = 5_000

interface Sampling {
  readonly migrationId: string
  readonly scoped: Scoped
  readonly strategy: BatchingStrategy
  readonly searchPath: string
  /** null: every column. */
  readonly columns: readonly string[] | null
}

/** Reads and keeps the before-values. What cannot be read within 5 s is left out: samples illustrate, they prove nothing. */
export async function takeSamples(context: EngineContext, sampling: Sampling): Promise<void> {
  const { searchPath } = sampling
  const settings = { isPlanning: true, searchPath, statementTimeoutMs: SAMPLE_TIMEOUT_MS }
  try {
    await inWritingTransaction(context, (transaction) => insertSamples(transaction, context, sampling), settings)
  } catch (error) {
    context.logger.log('warn', 'no samples were taken', {
      migrationId: sampling.migrationId,
      message: error instanceof Error ? error.message : String(error),
    })
  }
}

async function insertSamples(
  transaction: Transaction,
  { tables }: EngineContext,
  { migrationId, scoped, strategy, columns }: Sampling,
): Promise<void> {
  const migration = await findMigration(transaction, tables, migrationId)
  if (migration === null || migration.status === 'finished') return
  const range = { from: minimumOf(migration), until: maximumOf(migration) }
  const keys = await strategy.spread(transaction, scoped, range, SAMPLE_ROWS)
  if (keys.length === 0) return
  const own = sql.ident(scoped.table.name)
  await inUtc(transaction)
  await transaction.query(
    sql`INSERT INTO ${tables.samples} (migration_id, ordinal, row_key, before_values)
        SELECT ${migrationId}, row_number() OVER (ORDER BY ${columnTuple(own, scoped.table.columns)}),
               ${keyText(own, scoped.table.columns)}, ${asJson(own, columns)}
          FROM ${tableName(scoped.table)} WHERE ${hasKey(scoped.table, keys)}`,
  )
}

/** Throws column_missing where the definition names a column for its samples that the table does not have. */
export async function assertSampleColumns(
  transaction: Transaction,
  { oid, qualifiedName }: BatchTable,
  columns: readonly string[],
): Promise<void> {
  const { rows } = await transaction.query(
    sql`SELECT attname::text AS name FROM pg_attribute WHERE attrelid = ${oid}::oid AND attnum > 0 AND NOT attisdropped`,
  )
  const missing = columns.find((column) => !rows.some(({ name }) => name === column))
  if (missing === undefined) return
  throw new TrancheError(
    'column_missing',
    `the table "${qualifiedName}" has no column "${missing}" to take samples of`,
    {
      remedy: 'Check samples.columns of the definition.',
      details: { table: qualifiedName, column: missing },
    },
  )
}

/** The kept rows with their values now, in key order. A column that was dropped since is missing from the latter. */
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
        sql`SELECT row_key, before_values::text AS json FROM ${context.tables.samples} AS s
             WHERE migration_id = ${migrationId} ORDER BY ordinal`,
      )
      const before = kept as unknown as SampledRow[]
      if (before.length === 0) return []
      const own = sql.ident(table.name)
      await inUtc(transaction)
      const { rows: current } = await transaction.query(
        sql`SELECT ${keyText(own, table.columns)} AS row_key, (${asJson(own, columns)})::text AS json
              FROM ${tableName(table)}
             WHERE ${hasKey(
               table,
               before.map(({ row_key }) => row_key),
             )}`,
      )
      const after = new Map((current as unknown as SampledRow[]).map((row) => [row.row_key.join('\0'), valuesOf(row)]))
      return before.map((row) => ({
        key: row.row_key,
        before: valuesOf(row),
        after: after.get(row.row_key.join('\0')) ?? null,
      }))
    },
    { isPlanning: true },
  )
}

export interface SampledRow {
  readonly row_key: Key
  readonly json: string
}

export function valuesOf({ json }: SampledRow): Readonly<Record<string, unknown>> {
  return parseExactly(json) as Record<string, unknown> // an object of column → value, as asJson makes it
}

/** Before and after may be read by different sessions; a moment must look the same in both. */
async function inUtc(transaction: Transaction): Promise<void> {
  await transaction.query(sql`SELECT set_config('TimeZone', 'UTC', true)`)
}

/** Out of the whole row, so that a column which is gone is left out and breaks nothing. */
export function asJson(own: Sql, columns: readonly string[] | null): Sql {
  if (columns === null) return sql`to_jsonb(${own}.*)`
  return sql`(SELECT coalesce(jsonb_object_agg(field.key, field.value), '{}')
                FROM jsonb_each(to_jsonb(${own}.*)) AS field WHERE field.key = ANY (${[...columns]}::text[]))`
}

export function hasKey(table: BatchTable, keys: readonly Key[]): Sql {
  const own = sql.ident(table.name)
  const tuples = keys.map((key) => keyTuple(table.columns, key))
  return sql`${columnTuple(own, table.columns)} IN (${sql.join(tuples)})`
}
