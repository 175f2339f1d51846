/** Creates, upgrades and drops the tracking schema. Plain numbered SQL; the version lives in `meta`. */
import { readdir, readFile } from 'node:fs/promises'
import { TrancheError } from '../../shared/errors.ts'
import { quoteIdentifier, raw, sql } from '../../shared/sql.ts'
import { type EngineContext, inWritingTransaction, onlyRow } from '../context.ts'
import { sqlstateOf } from '../target/sqlstate.ts'
import type { Transaction } from '../target/transaction.ts'
import { recordEvent } from './record-event.ts'

const SCHEMA_FOLDER = new URL('schema/', import.meta.url)
const INSTALL_TIMEOUT_MS = 60_000

interface SchemaStep {
  readonly version: number
  readonly text: string
}

export interface SchemaState {
  /** null: nothing there. 'attached': GitLab's tables without our meta. Else the installed version. */
  readonly version: number | 'attached' | null
}

/** The SQL of an installation, for a DBA to read or to run. */
export async function installSql(schema: string): Promise<string> {
  const steps = await readSteps(schema)
  const quoted = quoteIdentifier(schema)
  const body = steps.map(({ text }) => text.trimEnd()).join('\n\n')
  const version = String(steps.at(-1)?.version ?? 0)
  return [
    'BEGIN;',
    `CREATE SCHEMA IF NOT EXISTS ${quoted};`,
    body,
    `INSERT INTO ${quoted}.meta (schema_version, installed_by) VALUES (${version}, current_user);`,
    'COMMIT;',
    '',
  ].join('\n')
}

/** Installs what is missing. Idempotent; throws schema_newer, schema_attached, privilege_missing. */
export async function install(context: EngineContext): Promise<{ installed: boolean; version: number }> {
  const { tables } = context
  const steps = await readSteps(tables.schema)
  const newest = steps.at(-1)?.version ?? 0
  try {
    return await inWritingTransaction(
      context,
      async (transaction) => {
        // Two consoles that install at once: the second waits here and then finds the schema.
        await transaction.query(
          sql`SELECT pg_advisory_xact_lock(hashtextextended(${`tranche install ${tables.schema}`}, 0))`,
        )
        const { version } = await readSchemaState(transaction, tables.schema)
        assertOurs(version, newest, tables.schema)
        if (version === newest) return { installed: false, version }
        if (version === null) await createSchema(transaction, tables.schema)
        for (const step of steps.filter(({ version: of }) => of > (version ?? 0))) {
          for (const statement of splitStatements(step.text)) await transaction.query(raw(statement))
        }
        await transaction.query(
          version === null
            ? sql`INSERT INTO ${tables.meta} (schema_version, installed_by) VALUES (${newest}, ${context.identity.operator})`
            : sql`UPDATE ${tables.meta} SET schema_version = ${newest}`,
        )
        await recordEvent(transaction, context, { kind: 'install', details: { version: newest } })
        return { installed: true, version: newest }
      },
      { statementTimeoutMs: INSTALL_TIMEOUT_MS },
    )
  } catch (error) {
    if (sqlstateOf(error) === '42501') throw privilegeMissing(context, error)
    throw error
  }
}

/** Drops the tracking tables, and the schema where nothing else lives in it. Throws not_installed and table_busy. */
export async function uninstall(context: EngineContext): Promise<void> {
  const { tables } = context
  await inWritingTransaction(context, async (transaction) => {
    const { version } = await readSchemaState(transaction, tables.schema)
    if (version === null || version === 'attached') throw notInstalled(tables.schema)
    const { rows } = await transaction.query(
      sql`SELECT operator, host FROM ${tables.runners} WHERE ${tables.isLive}(heartbeat_at) ORDER BY started_at LIMIT 1`,
    )
    const [runner] = rows
    if (runner !== undefined) {
      throw new TrancheError(
        'table_busy',
        `${String(runner['operator'])} on ${String(runner['host'])} drives a migration right now`,
        {
          remedy: 'Stop or pause it first; a runner that died counts for 30 seconds more.',
        },
      )
    }
    // By name, never DROP SCHEMA … CASCADE: the schema may be one that holds other people's tables.
    for (const { name, kind } of await listObjects(transaction, tables.schema)) {
      await transaction.query(raw(`DROP ${kind} ${name}${kind === 'TABLE' ? ' CASCADE' : ''}`))
    }
    const { rows: left } = await transaction.query(
      sql`SELECT 1 FROM pg_class WHERE relnamespace = to_regnamespace(${quoteIdentifier(tables.schema)})
          UNION ALL
          SELECT 1 FROM pg_proc WHERE pronamespace = to_regnamespace(${quoteIdentifier(tables.schema)}) LIMIT 1`,
    )
    if (left.length === 0) await transaction.query(raw(`DROP SCHEMA ${quoteIdentifier(tables.schema)}`))
  })
}

/** Throws not_installed, schema_newer or schema_attached where the tracking schema is not ours to write. */
export async function assertInstalled(transaction: Transaction, schema: string): Promise<void> {
  const newest = (await readSteps(schema)).at(-1)?.version ?? 0
  const { version } = await readSchemaState(transaction, schema)
  assertOurs(version, newest, schema)
  if (version === null) throw notInstalled(schema)
  if (version < newest) {
    throw new TrancheError(
      'not_installed',
      `the tracking schema "${schema}" is at version ${String(version)}; this program needs ${String(newest)}`,
      {
        remedy: 'Run: tranche install',
      },
    )
  }
}

export async function readSchemaState(transaction: Transaction, schema: string): Promise<SchemaState> {
  const { rows } = await transaction.query(
    sql`SELECT to_regclass(${`${quoteIdentifier(schema)}.meta`}) IS NOT NULL AS has_meta,
               to_regclass(${`${quoteIdentifier(schema)}.batched_background_migrations`}) IS NOT NULL AS has_core`,
  )
  const found = onlyRow<{ has_meta: boolean; has_core: boolean }>(rows, 'no answer about the tracking schema')
  if (!found.has_core) return { version: null }
  if (!found.has_meta) return { version: 'attached' }
  const { rows: meta } = await transaction.query(sql`SELECT schema_version FROM ${sql.ident(schema, 'meta')}`)
  return { version: onlyRow<{ schema_version: number }>(meta, `the table ${schema}.meta is empty`).schema_version }
}

function assertOurs(version: SchemaState['version'], newest: number, schema: string): asserts version is number | null {
  if (version === 'attached') {
    throw new TrancheError(
      'schema_attached',
      `the schema "${schema}" holds another framework's tracking tables, without Tranche's own`,
      {
        remedy: 'Choose another schema with --tracking-schema NAME.',
      },
    )
  }
  if (version !== null && version > newest) {
    throw new TrancheError(
      'schema_newer',
      `the tracking schema "${schema}" is at version ${String(version)}; this program knows ${String(newest)}`,
      {
        remedy: 'Use the newer Tranche that installed it.',
        details: { installed: version, known: newest },
      },
    )
  }
}

function notInstalled(schema: string): TrancheError {
  return new TrancheError('not_installed', `Tranche's tracking schema "${schema}" is not installed in this database`, {
    remedy: 'Run: tranche install',
  })
}

function privilegeMissing(context: EngineContext, cause: unknown): TrancheError {
  const said = cause instanceof Error ? cause.message : String(cause)
  return new TrancheError('privilege_missing', `installing on ${context.target.description} was refused: ${said}`, {
    remedy: 'Let a DBA run the output of: tranche install --print, or: GRANT CREATE ON DATABASE … TO this role.',
    cause,
  })
}

async function createSchema(transaction: Transaction, schema: string): Promise<void> {
  const { rows } = await transaction.query(
    sql`SELECT to_regnamespace(${quoteIdentifier(schema)}) IS NOT NULL AS is_there`,
  )
  // CREATE SCHEMA IF NOT EXISTS asks for the privilege on the database even where the schema is there.
  if (rows[0]?.['is_there'] === true) return
  await transaction.query(raw(`CREATE SCHEMA ${quoteIdentifier(schema)}`))
}

async function listObjects(
  transaction: Transaction,
  schema: string,
): Promise<readonly { name: string; kind: string }[]> {
  const quoted = quoteIdentifier(schema)
  const text = (await readSteps(schema)).map((step) => step.text.replaceAll(quoted, () => '')).join('\n')
  const tableNames = [...text.matchAll(/^CREATE TABLE \.(\w+) /gm)].map((match) => match[1] ?? '')
  const functionNames = [...text.matchAll(/^CREATE FUNCTION \.(\w+)\(/gm)].map((match) => match[1] ?? '')
  const { rows } = await transaction.query(
    sql`SELECT relname::text AS name FROM pg_class WHERE relnamespace = to_regnamespace(${quoted}) AND relkind = 'r'
           AND relname = ANY (${tableNames})`,
  )
  return [
    ...functionNames.map((name) => ({ name: `IF EXISTS ${quoted}.${quoteIdentifier(name)}`, kind: 'FUNCTION' })),
    ...rows.map(({ name }) => ({ name: `${quoted}.${quoteIdentifier(String(name))}`, kind: 'TABLE' })),
  ]
}

async function readSteps(schema: string): Promise<readonly SchemaStep[]> {
  const files = (await readdir(SCHEMA_FOLDER)).filter((file) => /^\d{4}\.sql$/.test(file)).sort()
  return Promise.all(
    files.map(async (file) => {
      const template = await readFile(new URL(file, SCHEMA_FOLDER), 'utf8')
      return {
        version: Number(file.slice(0, 4)),
        text: template.replaceAll('{{schema}}', () => quoteIdentifier(schema)),
      }
    }),
  )
}

/** The extended protocol takes one statement a message; a semicolon at a line's end parts them, but not inside $$ … $$. */
function splitStatements(text: string): readonly string[] {
  const withoutComments = text.replaceAll(/^\s*--.*$/gm, '')
  const statements: string[] = []
  let statement = ''
  let isInBody = false
  for (const line of withoutComments.split('\n')) {
    statement += `${line}\n`
    if ((line.match(/\$\$/g)?.length ?? 0) % 2 === 1) isInBody = !isInBody
    if (isInBody || !line.trimEnd().endsWith(';')) continue
    statements.push(statement.trim().replace(/;$/, ''))
    statement = ''
  }
  return statements
}
