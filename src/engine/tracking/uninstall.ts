/** Drops the tracking tables. By name and never by CASCADE: the schema may be one that holds other people's tables. */
import { TrancheError } from '../../shared/errors.ts'
import { quoteIdentifier, raw, sql } from '../../shared/sql.ts'
import { type EngineContext, inWritingTransaction } from '../context.ts'
import { readHolder } from '../stepped/lease.ts'
import { sqlstateOf } from '../target/sqlstate.ts'
import type { Transaction } from '../target/transaction.ts'
import { assertUsableName } from './install.ts'
import { listRunners } from './list-runners.ts'
import { assertOurs, notInstalled, readSchemaState } from './schema-state.ts'
import { listOwnObjects, newestVersion } from './schema-steps.ts'

/**
 * Drops the tracking tables, and the schema where nothing else lives in it. Throws not_installed, schema_newer,
 * table_busy while a runner lives, schema_attached where somebody else's objects hang on the tables, privilege_missing.
 */
export async function uninstall(context: EngineContext): Promise<void> {
  const { schema } = context.tables
  try {
    await inWritingTransaction(context, async (transaction) => {
      const { version } = await readSchemaState(transaction, schema)
      assertOurs(version, await newestVersion(), schema)
      if (version === null) throw notInstalled(schema)
      // From here on nobody can register as a runner.
      await transaction.query(sql`LOCK TABLE ${context.tables.runners} IN ACCESS EXCLUSIVE MODE`)
      await assertNobodyDrives(transaction, context)
      if (version >= STEPPED_SINCE) await assertNobodySteps(transaction, context)
      await dropObjects(transaction, schema)
      await dropEmptySchema(transaction, schema)
    })
  } catch (error) {
    throw explain(error, schema)
  }
}

/** The SQL that drops the tracking tables, for a DBA to read or to run while nobody drives anything. Throws invalid_setting. */
export async function uninstallSql(schema: string): Promise<string> {
  assertUsableName(schema)
  return [
    'BEGIN;',
    ...(await dropStatements(schema)).map((statement) => `${statement};`),
    ...(schema === 'public' ? [] : [dropSchemaWhereEmpty(schema)]),
    'COMMIT;',
    '',
  ].join('\n')
}

function dropSchemaWhereEmpty(schema: string): string {
  return [
    '-- Not where anything else lives in it.',
    `DO $$ BEGIN DROP SCHEMA ${quoteIdentifier(schema)}; EXCEPTION WHEN dependent_objects_still_exist THEN NULL; END $$;`,
  ].join('\n')
}

async function assertNobodyDrives(transaction: Transaction, context: EngineContext): Promise<void> {
  const { rows } = await transaction.query(sql`SELECT DISTINCT migration_id FROM ${context.tables.runners}`)
  for (const { migration_id } of rows as { migration_id: string | null }[]) {
    const live = (await listRunners(transaction, context, migration_id)).find(({ isLive }) => isLive)
    if (live === undefined) continue
    const what = migration_id === null ? 'schedules migrations' : `drives migration ${migration_id}`
    throw new TrancheError('table_busy', `${live.operator} on ${live.host} ${what} right now`, {
      remedy: 'Stop or pause it first; a runner that died counts for 30 seconds more.',
      details: { migrationId: migration_id, runner: live },
    })
  }
}

/** The version of the tracking schema that brought stepped migrations. */
const STEPPED_SINCE = 3

async function assertNobodySteps(transaction: Transaction, context: EngineContext): Promise<void> {
  const { leases } = context.tables.stepped
  await transaction.query(sql`LOCK TABLE ${leases} IN ACCESS EXCLUSIVE MODE`)
  const { rows } = await transaction.query(sql`SELECT connection_id::text AS id FROM ${leases}`)
  for (const { id } of rows as { id: string }[]) {
    const holder = await readHolder(transaction, context, id)
    if (holder?.isLive !== true) continue
    throw new TrancheError('table_busy', `${holder.operator} on ${holder.host} runs stepped migrations right now`, {
      remedy: 'Stop that worker first; one that died counts for 30 seconds more.',
      details: { worker: holder },
    })
  }
}

async function dropObjects(transaction: Transaction, schema: string): Promise<void> {
  for (const statement of await dropStatements(schema)) await transaction.query(raw(statement))
}

async function dropStatements(schema: string): Promise<readonly string[]> {
  const { tables, views, functions } = await listOwnObjects()
  const qualify = (name: string): string => `${quoteIdentifier(schema)}.${quoteIdentifier(name)}`
  return [
    ...functions.map(({ name, argumentList }) => `DROP FUNCTION IF EXISTS ${qualify(name)}${argumentList}`),
    ...views.map((name) => `DROP VIEW IF EXISTS ${qualify(name)}`),
    // In one statement, so that their foreign keys to each other do not matter.
    `DROP TABLE IF EXISTS ${tables.map(qualify).join(', ')}`,
  ]
}

async function dropEmptySchema(transaction: Transaction, schema: string): Promise<void> {
  if (schema === 'public') return
  const { rows } = await transaction.query(
    sql`SELECT 1 FROM pg_namespace AS n
         WHERE n.nspname = ${schema}::name AND pg_has_role(n.nspowner, 'USAGE')
           AND NOT EXISTS (SELECT FROM pg_depend AS d
                            WHERE d.refclassid = 'pg_namespace'::regclass AND d.refobjid = n.oid AND d.deptype = 'n')`,
  )
  if (rows.length > 0) await transaction.query(raw(`DROP SCHEMA ${quoteIdentifier(schema)}`))
}

function explain(error: unknown, schema: string): unknown {
  const sqlstate = sqlstateOf(error)
  if (!(error instanceof Error) || sqlstate === null) return error
  const detail = (error as Error & { readonly detail?: string }).detail ?? error.message
  switch (sqlstate) {
    case '2BP01':
      return new TrancheError(
        'schema_attached',
        `other objects hang on the tracking tables of "${schema}": ${detail}`,
        {
          remedy: 'Drop those first, if they are no longer needed.',
          cause: error,
        },
      )
    case '42501':
      return new TrancheError('privilege_missing', `uninstalling "${schema}" was refused: ${error.message}`, {
        remedy: 'Only the owner of the tracking tables can drop them.',
        cause: error,
      })
    case '55P03':
      return new TrancheError('table_busy', `the tracking tables of "${schema}" are in use right now`, {
        remedy: 'Try again in a moment.',
        cause: error,
      })
    default:
      return error
  }
}
