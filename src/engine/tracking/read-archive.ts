import type { ArchivedValue } from '../../shared/archived-value.ts'
import { sql } from '../../shared/sql.ts'
import { migrationStatusOf } from '../../shared/status.ts'
import { type EngineContext, inTransaction } from '../context.ts'
import { iso } from './tables.ts'

/** All archived migrations in the order of their leaving, or those with that id or job class name. */
export async function readArchive(context: EngineContext, reference?: string): Promise<readonly ArchivedValue[]> {
  const { rows } = await inTransaction(context, (transaction) =>
    transaction.query(
      sql`SELECT a.reason, a.operator, ${iso('a.archived_at')} AS archived_at, a.migration->>'id' AS id,
                 a.migration->>'job_class_name' AS job_class_name, a.migration->>'table_name' AS table_name,
                 a.migration->>'column_name' AS column_name, a.migration->'job_arguments' AS job_arguments,
                 (a.migration->>'status')::int AS status, a.migration->>'requeued_as' AS requeued_as,
                 (a.migration->'counts'->>'jobs')::float8 AS jobs, (a.migration->'counts'->>'succeeded')::float8 AS succeeded,
                 (a.migration->'counts'->>'scanned')::float8 AS scanned, (a.migration->'counts'->>'changed')::float8 AS changed
            FROM ${context.tables.archive} AS a
           WHERE a.migration ? 'counts'
             ${reference === undefined ? sql`` : sql`AND ${reference} IN (a.migration->>'id', a.migration->>'job_class_name')`}
           ORDER BY a.id`,
    ),
  )
  return rows.map(archivedOf)
}

function archivedOf(row: Record<string, unknown>): ArchivedValue {
  return {
    id: String(row.id),
    reason: row.reason === 'requeued' ? 'requeued' : 'deleted',
    archivedAt: String(row.archived_at),
    operator: String(row.operator),
    jobClassName: String(row.job_class_name),
    tableName: String(row.table_name),
    columns: String(row.column_name).split(','),
    jobArguments: row.job_arguments as readonly unknown[],
    status: migrationStatusOf(Number(row.status)),
    jobs: Number(row.jobs),
    succeededJobs: Number(row.succeeded),
    rowsScanned: Number(row.scanned),
    rowsChanged: Number(row.changed),
    requeuedAs: row.requeued_as as string | null,
  }
}
