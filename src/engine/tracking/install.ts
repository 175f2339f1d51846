/** Creates and upgrades the tracking schema. Plain numbered SQL; the version lives in `meta`. */
import { TrancheError } from '../../shared/errors.ts'
import { quoteIdentifier, raw, sql } from '../../shared/sql.ts'
import { type EngineContext, inWritingTransaction } from '../context.ts'
import { sqlstateOf } from '../target/sqlstate.ts'
import type { Transaction } from '../target/transaction.ts'
import { recordEvent } from './record-event.ts'
import { assertOurs, readSchemaState } from './schema-state.ts'
import { listOwnObjects, newestVersion, readSteps, splitStatements } from './schema-steps.ts'

const INSTALL_TIMEOUT_MS = 60_000
const LONGEST_NAME_BYTES = 63

/** The SQL of an installation, for a DBA to read or to run. Throws invalid_setting for a schema name that cannot be. */
export async function installSql(schema: string): Promise<string> {
  assertUsableName(schema)
  const steps = await readSteps(schema)
  const quoted = quoteIdentifier(schema)
  return [
    'BEGIN;',
    `CREATE SCHEMA IF NOT EXISTS ${quoted};`,
    steps.map(({ text }) => text.trimEnd()).join('\n\n'),
    `INSERT INTO ${quoted}.meta (schema_version, installed_by) VALUES (${await newestVersion()}, current_user);`,
    'COMMIT;',
    '',
    '-- What the role that Tranche connects as needs, where it is not the owner:',
    `-- GRANT USAGE ON SCHEMA ${quoted} TO …;`,
    `-- GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA ${quoted} TO …;`,
    `-- GRANT USAGE ON ALL SEQUENCES IN SCHEMA ${quoted} TO …;`,
    '',
  ].join('\n')
}

/** Installs what is missing. Idempotent; throws schema_newer, schema_attached, privilege_missing, invalid_setting. */
export async function install(context: EngineContext): Promise<{ installed: boolean; version: number }> {
  const { schema } = context.tables
  assertUsableName(schema)
  const newest = await newestVersion()
  // Two consoles that install at once: the second waits for the lock, however long, and then finds the schema.
  const settings = { statementTimeoutMs: INSTALL_TIMEOUT_MS, lockTimeoutMs: INSTALL_TIMEOUT_MS }
  try {
    return await inWritingTransaction(
      context,
      async (transaction) => {
        await transaction.query(sql`SELECT pg_advisory_xact_lock(hashtextextended(${`tranche install ${schema}`}, 0))`)
        const { version } = await readSchemaState(transaction, schema)
        assertOurs(version, newest, schema)
        if (version === newest) return { installed: false, version }
        if (version === null) await createSchema(transaction, schema)
        await applySteps(transaction, context, { installed: version, newest })
        await recordEvent(transaction, context, { kind: 'install', details: { version: newest } })
        return { installed: true, version: newest }
      },
      settings,
    )
  } catch (error) {
    if (sqlstateOf(error) === '42501') throw privilegeMissing(context, error)
    throw error
  }
}

async function applySteps(
  transaction: Transaction,
  { tables, identity }: EngineContext,
  { installed, newest }: { readonly installed: number | null; readonly newest: number },
): Promise<void> {
  const missing = (await readSteps(tables.schema)).filter(({ version }) => version > (installed ?? 0))
  for (const statement of missing.flatMap(({ text }) => splitStatements(text))) await transaction.query(raw(statement))
  await transaction.query(
    installed === null
      ? sql`INSERT INTO ${tables.meta} (schema_version, installed_by) VALUES (${newest}, ${identity.operator})`
      : sql`UPDATE ${tables.meta} SET schema_version = ${newest}`,
  )
}

/** Makes the schema, or takes one that is there, as long as nothing in it has a name of ours. */
async function createSchema(transaction: Transaction, schema: string): Promise<void> {
  const { tables } = await listOwnObjects()
  const { rows } = await transaction.query(
    sql`SELECT array_agg(c.relname::text ORDER BY c.relname) FILTER (WHERE c.relname = ANY (${[...tables]})) AS taken
          FROM pg_namespace AS n LEFT JOIN pg_class AS c ON c.relnamespace = n.oid
         WHERE n.nspname = ${schema}::name GROUP BY n.oid`,
  )
  const [found] = rows as { taken: string[] | null }[]
  // CREATE SCHEMA IF NOT EXISTS asks for the privilege on the database even where the schema is there.
  if (found === undefined) await transaction.query(raw(`CREATE SCHEMA ${quoteIdentifier(schema)}`))
  const taken = found?.taken ?? []
  if (taken.length === 0) return
  throw new TrancheError(
    'schema_attached',
    `the schema "${schema}" already holds ${taken.join(', ')}, which Tranche did not make`,
    { remedy: 'Choose another schema with --tracking-schema NAME.', details: { taken } },
  )
}

/** The name stands in function bodies between dollar signs, and PostgreSQL cuts longer names silently. */
export function assertUsableName(schema: string): void {
  const isUsable =
    // eslint-disable-next-line no-control-regex -- a line break would end a comment or part a statement
    !/[\u0000-\u001f]|\$\$|^pg_/.test(schema) && schema !== '' && Buffer.byteLength(schema) <= LONGEST_NAME_BYTES
  if (isUsable) return
  throw new TrancheError('invalid_setting', `${JSON.stringify(schema)} cannot be the tracking schema's name`, {
    remedy: `Give --tracking-schema 1 to ${LONGEST_NAME_BYTES} bytes without control characters and $$, not beginning with pg_.`,
  })
}

function privilegeMissing(context: EngineContext, cause: unknown): TrancheError {
  const said = cause instanceof Error ? cause.message : String(cause)
  return new TrancheError('privilege_missing', `installing on ${context.target.description} was refused: ${said}`, {
    remedy: 'Let a DBA run the output of: tranche install --print, or: GRANT CREATE ON DATABASE … TO this role.',
    cause,
  })
}
