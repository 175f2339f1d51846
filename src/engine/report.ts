/** Everything that a report states: what ran, counts, timings, failures, checks, before and after. Read from the database only. */
import { sql } from '../shared/sql.ts'
import { JOB_STATUS_CODES } from '../shared/status.ts'
import { getBatchTable } from './batching/batch-table.ts'
import { type EngineContext, inTransaction, onlyRow } from './context.ts'
import { readFailures } from './failures.ts'
import { getState } from './overview.ts'
import { readSamples } from './samples.ts'
import { readEvents } from './tracking/read-events.ts'
import { iso } from './tracking/tables.ts'
import type { MigrationState, ReportData, Verification } from './types.ts'
import { readWriteCounters } from './verifier.ts'

const STALE_AFTER_MS = 24 * 60 * 60 * 1000

export async function readReport(context: EngineContext, migrationId: string): Promise<ReportData> {
  const state = await getState(context, migrationId)
  const loaded = context.definitions.find(state.jobClassName)
  const sampleColumns = loaded?.definition.samples?.columns ?? null
  const table = await findTable(context, state)
  const { version } = await context.facts()
  return {
    migration: state,
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

/** null where the table was dropped since: the rest of the report still stands. */
async function findTable(
  context: EngineContext,
  { id, tableName, columns }: MigrationState,
): Promise<Awaited<ReturnType<typeof getBatchTable>> | null> {
  return inTransaction(context, async (transaction) => {
    const { rows } = await transaction.query(
      sql`SELECT d.table_oid::text AS oid FROM ${context.tables.details} AS d
            JOIN pg_class AS c ON c.oid = d.table_oid WHERE d.migration_id = ${id}`,
    )
    const oid = rows[0]?.['oid']
    return oid === undefined ? null : getBatchTable(transaction, { oid: String(oid), label: tableName, columns })
  })
}

async function readTiming(
  context: EngineContext,
  { id, createdAt, finishedAt, rows }: MigrationState,
): Promise<ReportData['timing']> {
  const { rows: found } = await inTransaction(context, (transaction) =>
    transaction.query(
      sql`SELECT coalesce(sum(extract(epoch FROM j.finished_at - j.started_at)) FILTER (WHERE j.status = ${JOB_STATUS_CODES.succeeded}), 0)::float8 AS work_seconds,
                 ${iso('min(j.created_at)')} AS first_job_at
            FROM ${context.tables.jobs} AS j WHERE j.batched_background_migration_id = ${id}`,
    ),
  )
  const timing = onlyRow<{ work_seconds: number; first_job_at: string | null }>(
    found,
    'summing durations returned no row',
  )
  return {
    queuedAt: createdAt,
    startedAt: timing.first_job_at,
    finishedAt,
    workSeconds: timing.work_seconds,
    rowsPerSecond: timing.work_seconds === 0 ? null : rows.scanned / timing.work_seconds,
  }
}

interface KeptVerification {
  readonly verified_at: string
  readonly age_ms: number
  readonly write_counters: Record<string, string> | null
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
            FROM ${context.tables.verifications} WHERE migration_id = ${id} ORDER BY id DESC LIMIT 1`,
    ),
  )
  const [kept] = rows as unknown as KeptVerification[]
  if (kept === undefined) return null
  const counters = tableOid === null ? null : await readWriteCounters(context, tableOid)
  const staleBecause = [
    ...(kept.age_ms > STALE_AFTER_MS ? ['it is older than 24 hours'] : []),
    ...(currentHash !== null && currentHash !== kept.result.definitionHash ? ['the definition changed since'] : []),
    ...(kept.write_counters !== null && counters !== null && hasMoved(kept.write_counters, counters)
      ? ['the table was written since']
      : []),
  ]
  return { ...kept.result, verifiedAt: kept.verified_at, isStale: staleBecause.length > 0, staleBecause }
}

function hasMoved(before: Record<string, string>, now: Record<string, string>): boolean {
  return Object.keys(before).some((counter) => before[counter] !== now[counter])
}
