/** What stands in the tracking schema of a target: nothing, ours at some version, or another framework's tables. */
import { TrancheError } from '../../shared/errors.ts'
import { sql } from '../../shared/sql.ts'
import { type EngineContext, inTransaction, onlyRow } from '../context.ts'
import type { Transaction } from '../target/transaction.ts'
import { newestVersion } from './schema-steps.ts'
import { iso } from './tables.ts'

export interface SchemaState {
  /** null: nothing there. 'attached': GitLab's three tables without our meta; 'foreign': some of them. Else the installed version. */
  readonly version: number | 'attached' | 'foreign' | null
}

const CORE_TABLES = [
  'batched_background_migrations',
  'batched_background_migration_jobs',
  'batched_background_migration_job_transition_logs',
]

interface SchemaRow {
  readonly may_read: boolean
  readonly has_core: boolean
  readonly core_tables: number
  readonly has_meta: boolean
}

/** Throws privilege_missing where the role may not look into the schema. */
export async function readSchemaState(transaction: Transaction, schema: string): Promise<SchemaState> {
  const { rows } = await transaction.query(
    sql`SELECT has_schema_privilege(n.oid, 'USAGE') AND coalesce(has_table_privilege(meta.oid, 'SELECT'), true) AS may_read,
               EXISTS (SELECT FROM pg_class AS core
                        WHERE core.relnamespace = n.oid AND core.relname = 'batched_background_migrations') AS has_core,
               (SELECT count(*)::int FROM pg_class AS core
                 WHERE core.relnamespace = n.oid AND core.relname = ANY (${CORE_TABLES})) AS core_tables,
               meta.oid IS NOT NULL AS has_meta
          FROM pg_namespace AS n
          LEFT JOIN pg_class AS meta ON meta.relnamespace = n.oid AND meta.relname = 'meta'
           AND EXISTS (SELECT FROM pg_attribute AS a WHERE a.attrelid = meta.oid AND a.attname = 'schema_version')
         WHERE n.nspname = ${schema}::name`,
  )
  const [found] = rows as unknown as SchemaRow[]
  if (found?.has_core !== true) return { version: null }
  if (!found.has_meta) return { version: found.core_tables === CORE_TABLES.length ? 'attached' : 'foreign' }
  if (!found.may_read) {
    throw new TrancheError('privilege_missing', `this role may not read the tracking schema "${schema}"`, {
      remedy:
        'Let its owner GRANT USAGE ON SCHEMA and SELECT, INSERT, UPDATE, DELETE ON ALL TABLES and USAGE ON ALL SEQUENCES in it to this role.',
    })
  }
  const { rows: meta } = await transaction.query(sql`SELECT schema_version FROM ${sql.ident(schema, 'meta')}`)
  const { schema_version } = onlyRow<{ schema_version: number }>(meta, `the table ${schema}.meta is empty`)
  return { version: schema_version }
}

/** When it was installed, as text with all its digits. */
export async function readInstalledAt(context: EngineContext): Promise<string> {
  const { rows } = await inTransaction(context, (transaction) =>
    transaction.query(sql`SELECT ${iso('installed_at')} AS installed_at FROM ${context.tables.meta}`),
  )
  return onlyRow<{ installed_at: string }>(rows, 'the table meta is empty').installed_at
}

/** Throws not_installed, schema_newer or schema_attached where the tracking schema is not ours to write. */
export async function assertInstalled(transaction: Transaction, schema: string): Promise<void> {
  const newest = await newestVersion()
  const { version } = await readSchemaState(transaction, schema)
  assertOurs(version, newest, schema)
  if (version === null) throw notInstalled(schema)
  if (version === newest) return
  throw new TrancheError(
    'not_installed',
    `the tracking schema "${schema}" is at version ${version}; this program needs ${newest}`,
    { remedy: 'Run: tranche install' },
  )
}

/** Throws schema_attached and schema_newer. */
export function assertOurs(
  version: SchemaState['version'],
  newest: number,
  schema: string,
): asserts version is number | null {
  if (version === 'attached') {
    throw new TrancheError(
      'schema_attached',
      `the schema "${schema}" holds GitLab's own tracking tables: its workers drive these migrations, and Tranche only shows, pauses, resumes and retries them`,
      {
        remedy:
          'Use list, status, failures, events, wait, pause, resume and retry here; for migrations of your own choose another schema with --tracking-schema NAME.',
      },
    )
  }
  if (version === 'foreign') {
    throw new TrancheError(
      'schema_attached',
      `the schema "${schema}" holds another framework's tracking tables, without Tranche's own`,
      { remedy: 'Choose another schema with --tracking-schema NAME.' },
    )
  }
  if (version !== null && version > newest) {
    throw new TrancheError(
      'schema_newer',
      `the tracking schema "${schema}" is at version ${version}; this program knows ${newest}`,
      { remedy: 'Use the newer Tranche that installed it.', details: { installed: version, known: newest } },
    )
  }
}

export function notInstalled(schema: string): TrancheError {
  return new TrancheError('not_installed', `Tranche's tracking schema "${schema}" is not installed in this database`, {
    remedy: 'Run: tranche install',
  })
}
