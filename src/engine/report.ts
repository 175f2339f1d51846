/** Everything that a report states: what ran, counts, timings, failures, checks, before and after. Read from the database only. */
import { TrancheError } from '../shared/errors.ts'
import { sql } from '../shared/sql.ts'
import { JOB_STATUS_CODES } from '../shared/status.ts'
import { type BatchTable, getBatchTable } from './batching/batch-table.ts'
import { type EngineContext, inTransaction, onlyRow } from './context.ts'
import { findDefinition } from './drive.ts'
import { readFailures } from './failures.ts'
import { getState } from './overview.ts'
import type { ReportData } from './report-data.ts'
import { readSamples } from './samples.ts'
import { hasMoved, readWriteCounters, type WriteCounters } from './target/write-counters.ts'
import { readArchive } from './tracking/read-archive.ts'
import { readEvents } from './tracking/read-events.ts'
import { iso } from './tracking/tables.ts'
import type { MigrationState, Verification } from './types.ts'

const STALE_AFTER_MS = 24 * 60 * 60 * 1000

/** Also of one in the archive. */
export async function readReport(context: EngineContext, migrationId: string): Promise<ReportData> {
  const state = await getState(context, migrationId)
  const loaded = findDefinition(context.definitions, state.jobClassName)
  const sampleColumns = loaded?.definition.samples?.columns ?? null
  const table = await findTable(context, state)
  const { version } = await context.facts()
  return {
    migration: state,
    archived: (await readArchive(context, state.id)).at(-1) ?? null,
    description: loaded?.definition.description ?? null,
    target: { database: context.target.database, server: context.target.description, serverVersion: version },
    generatedAt: context.clock.now().toISOString(),
    timing: await readTiming(context, state),
    failures: await readFailures(context, migrationId),
    verification: await readVerification(context, state, {
      currentHash: loaded?.hash ?? null,
      tableOid: table?.oid ?? null,
    }),
    samples: table === null ? [] : await readSamples(context, { migrationId, table, columns: sampleColumns }),
    sampleColumns,
    events: await readEvents(context, migrationId),
  }
}

/** The last kept proof, and whether it is stale; null where it was never verified. */
export async function readLastVerification(
  context: EngineContext,
  migrationId: string,
): Promise<ReportData['verification']> {
  const state = await getState(context, migrationId)
  const table = await findTable(context, state)
  return readVerification(context, state, {
    currentHash: findDefinition(context.definitions, state.jobClassName)?.hash ?? null,
    tableOid: table?.oid ?? null,
  })
}

/** Before and after of the sampled rows; empty where the table is gone. */
export async function readMigrationSamples(
  context: EngineContext,
  migrationId: string,
): Promise<ReportData['samples']> {
  const state = await getState(context, migrationId)
  const table = await findTable(context, state)
  const columns = findDefinition(context.definitions, state.jobClassName)?.definition.samples?.columns ?? null
  return table === null ? [] : readSamples(context, { migrationId, table, columns })
}

/** null where the table or its batch column was dropped since: the rest of the report still stands. */
async function findTable(
  context: EngineContext,
  { id, tableName, columns }: MigrationState,
): Promise<BatchTable | null> {
  try {
    return await inTransaction(context, async (transaction) => {
      const { rows } = await transaction.query(
        sql`SELECT table_oid::text AS oid FROM ${context.tables.details} AS d WHERE migration_id = ${id}`,
      )
      const { oid } = onlyRow<{ oid: string }>(rows, `migration ${id} has no details row`)
      return getBatchTable(transaction, { oid, label: tableName, columns })
    })
  } catch (error) {
    if (error instanceof TrancheError && ['table_missing', 'column_missing'].includes(error.code)) return null
    throw error
  }
}

interface TimingRow {
  readonly work_seconds: number
  readonly whole_seconds: number
  readonly whole_rows: number
  readonly first_job_at: string | null
}

async function readTiming(
  context: EngineContext,
  { id, createdAt, finishedAt }: MigrationState,
): Promise<ReportData['timing']> {
  const { rows: found } = await inTransaction(context, (transaction) =>
    transaction.query(
      sql`SELECT coalesce(sum(seconds), 0)::float8 AS work_seconds,
                 coalesce(sum(seconds) FILTER (WHERE is_whole), 0)::float8 AS whole_seconds,
                 coalesce(sum(scanned) FILTER (WHERE is_whole), 0)::float8 AS whole_rows,
                 (SELECT ${iso('min(created_at)')} FROM ${context.tables.jobs} AS j WHERE batched_background_migration_id = ${id}) AS first_job_at
            FROM (SELECT extract(epoch FROM j.finished_at - j.started_at) AS seconds, p.scanned,
                         j.attempts = 1 AND p.releases = 0 AS is_whole
                    FROM ${context.tables.jobs} AS j JOIN ${context.tables.progress} AS p ON p.job_id = j.id
                   WHERE j.batched_background_migration_id = ${id} AND j.status = ${JOB_STATUS_CODES.succeeded}) AS succeeded`,
    ),
  )
  const timing = onlyRow<TimingRow>(found, 'summing durations returned no row')
  return {
    queuedAt: createdAt,
    startedAt: timing.first_job_at,
    finishedAt,
    workSeconds: timing.work_seconds,
    // Of jobs that ran in one go: of others the row counts of several starts stand beside the time of the last one.
    rowsPerSecond: timing.whole_seconds === 0 ? null : timing.whole_rows / timing.whole_seconds,
  }
}

interface KeptVerification {
  readonly verified_at: string
  readonly age_ms: number
  readonly write_counters: WriteCounters | null
  readonly result: Omit<Verification, 'verifiedAt'>
}

async function readVerification(
  context: EngineContext,
  { id }: MigrationState,
  { currentHash, tableOid }: { readonly currentHash: string | null; readonly tableOid: string | null },
): Promise<ReportData['verification']> {
  const { rows } = await inTransaction(context, (transaction) =>
    transaction.query(
      sql`SELECT ${iso('verified_at')} AS verified_at, (extract(epoch FROM clock_timestamp() - verified_at) * 1000)::float8 AS age_ms,
                 write_counters, result
            FROM ${context.tables.verifications} AS v WHERE migration_id = ${id} ORDER BY id DESC LIMIT 1`,
    ),
  )
  const [kept] = rows as unknown as KeptVerification[]
  if (kept === undefined) return null
  const counters =
    tableOid === null ? null : await inTransaction(context, (transaction) => readWriteCounters(transaction, tableOid))
  const staleBecause = [
    ...(kept.age_ms > STALE_AFTER_MS ? ['it is older than 24 hours'] : []),
    ...(currentHash !== null && currentHash !== kept.result.definitionHash ? ['the definition changed since'] : []),
    ...(hasMoved(kept.write_counters, counters) ? ['the table was written since'] : []),
  ]
  return { ...kept.result, verifiedAt: kept.verified_at, isStale: staleBecause.length > 0, staleBecause }
}
