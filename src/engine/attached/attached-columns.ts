/**
 * Which columns GitLab's tables have. They grew over its releases: what came later is read as NULL, or its default, where it
 * is missing; without the others nothing could be told truly.
 */
import { TrancheError } from '../../shared/errors.ts'
import { quoteIdentifier, raw, sql, type Sql } from '../../shared/sql.ts'
import { type EngineContext, inTransaction } from '../context.ts'
import { trackingTables } from '../tracking/tables.ts'

/** What stands for a column where it is missing; null: it must be there. */
type Columns = Readonly<Record<string, string | null>>

const MIGRATION_COLUMNS: Columns = {
  ...{ id: null, created_at: null, updated_at: null, status: null, job_class_name: null, batch_class_name: null },
  ...{ table_name: null, column_name: null, job_arguments: null, min_value: null, max_value: null },
  ...{ batch_size: null, sub_batch_size: null, interval: null, pause_ms: null },
  total_tuple_count: 'NULL::bigint',
  max_batch_size: 'NULL::integer',
  started_at: 'NULL::timestamptz',
  finished_at: 'NULL::timestamptz',
  on_hold_until: 'NULL::timestamptz',
  min_cursor: 'NULL::jsonb',
  max_cursor: 'NULL::jsonb',
}

const JOB_COLUMNS: Columns = {
  ...{ id: null, created_at: null, updated_at: null, started_at: null, finished_at: null },
  ...{ batched_background_migration_id: null, min_value: null, max_value: null, batch_size: null },
  ...{ sub_batch_size: null, status: null, attempts: null, metrics: null, pause_ms: null },
  min_cursor: 'NULL::jsonb',
  max_cursor: 'NULL::jsonb',
}

export interface AttachedColumns {
  readonly migrations: ReadonlySet<string>
  readonly jobs: ReadonlySet<string>
}

/** Throws target_too_old where a column is missing that every release since 15.0 has. */
export async function readAttachedColumns(context: EngineContext): Promise<AttachedColumns> {
  const { schema } = context.tables
  const { rows } = await inTransaction(context, (transaction) =>
    transaction.query(
      sql`SELECT c.relname::text AS relation, a.attname::text AS name
            FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace JOIN pg_attribute AS a ON a.attrelid = c.oid
           WHERE n.nspname = ${schema}::name AND a.attnum > 0 AND NOT a.attisdropped
             AND c.relname IN ('batched_background_migrations', 'batched_background_migration_jobs')`,
    ),
  )
  const namesOf = (relation: string): ReadonlySet<string> =>
    new Set(rows.filter((row) => row.relation === relation).map(({ name }) => String(name)))
  const found = {
    migrations: namesOf('batched_background_migrations'),
    jobs: namesOf('batched_background_migration_jobs'),
  }
  assertNew(schema, 'batched_background_migrations', MIGRATION_COLUMNS, found.migrations)
  assertNew(schema, 'batched_background_migration_jobs', JOB_COLUMNS, found.jobs)
  return found
}

/** The table of migrations with all its columns. They are all of the database at hand, whichever of GitLab's schemas they belong to. */
export function migrationsOf(schema: string, present: ReadonlySet<string>, database: string): Sql {
  return sql`(SELECT ${listOf(MIGRATION_COLUMNS, present)}, ${`gitlab_${database}`}::text AS gitlab_schema
                FROM ${trackingTables(schema).migrations} AS t)`
}

/** The table of jobs with all its columns. */
export function jobsOf(schema: string, present: ReadonlySet<string>): Sql {
  return sql`(SELECT ${listOf(JOB_COLUMNS, present)} FROM ${trackingTables(schema).jobs} AS t)`
}

function listOf(columns: Columns, present: ReadonlySet<string>): Sql {
  return raw(
    Object.entries(columns)
      .map(([name, absent]) => {
        const column = quoteIdentifier(name)
        return present.has(name) || absent === null ? `t.${column}` : `${absent} AS ${column}`
      })
      .join(', '),
  )
}

function assertNew(schema: string, table: string, columns: Columns, present: ReadonlySet<string>): void {
  const missing = Object.entries(columns).flatMap(([name, absent]) =>
    absent === null && !present.has(name) ? [name] : [],
  )
  if (missing.length > 0) throw tooOld(schema, table, missing)
}

export function tooOld(schema: string, table: string, missing: readonly string[]): TrancheError {
  return new TrancheError(
    'target_too_old',
    `the tracking tables in "${schema}" are those of a GitLab that is too old: ${table} has no ${missing.join(', ')}`,
    { remedy: 'Tranche reads the tables of GitLab 15.0 and newer.', details: { schema, table, missing } },
  )
}
