/** Questions to a server before it is trusted with anything. Nothing is written; each is answered, failed or skipped. */
import { performance } from 'node:perf_hooks'
import type pg from 'pg'
import { openTarget, type Target } from '../../engine/target/open-target.ts'
import { assertSupported, readServerFacts, type ServerFacts } from '../../engine/target/server-facts.ts'
import { query } from '../../engine/target/transaction.ts'
import { type ConnectionTest, TEST_CHECKS, type TestCheck } from '../../shared/connection-view.ts'
import { toAppError } from '../../shared/errors.ts'
import { quoteIdentifier, sql } from '../../shared/sql.ts'
import type { StoredConnection } from '../../storage/connections.ts'
import { translateError } from '../translate-error.ts'
import type { BackendContext } from './backend-context.ts'
import { resolveConnection } from './resolve-connection.ts'
import { findPasswordSource } from './saved-connections.ts'

const LIMIT_MS = 15_000
const LARGEST_SKEW_MS = 5_000

type Finding = Pick<TestCheck, 'outcome' | 'detail' | 'remedy'>
type Name = TestCheck['name']

export async function testConnection(context: BackendContext, connection: StoredConnection): Promise<ConnectionTest> {
  const begin = performance.now()
  const checks: TestCheck[] = []
  const passwordFrom = await findPasswordSource(context, connection).catch(() => 'none' as const)
  try {
    await ask(context, connection, async (name, question) => {
      const askedAt = performance.now()
      try {
        const { value, ...finding } = await question()
        checks.push({ name, ms: performance.now() - askedAt, sqlstate: null, ...finding })
        return value
      } catch (error) {
        checks.push(failedCheck(name, performance.now() - askedAt, error))
        throw error
      }
    })
  } catch (error) {
    // Told by the check that failed; what is behind it was not asked.
    context.logger.log('debug', 'connection test ended', { message: toAppError(error).message })
  }
  const asked = new Map(checks.map((check) => [check.name, check]))
  const all = TEST_CHECKS.map((name) => asked.get(name) ?? skipped(name))
  return {
    testedAtMs: Date.now(),
    ms: performance.now() - begin,
    passwordFrom,
    checks: all,
    holds: all.every(({ outcome }) => outcome === 'holds' || outcome === 'note'),
  }
}

type Question = <T>(name: Name, question: () => Promise<Finding & { readonly value: T }>) => Promise<T>

async function ask(context: BackendContext, connection: StoredConnection, question: Question): Promise<void> {
  const { parameters } = await question('reach', async () => {
    const value = await resolveConnection(context, connection)
    return { ...holds(`${value.parameters.host}:${String(value.parameters.port)} answers`), value }
  })
  const { tls, host } = parameters
  await question('tls', () =>
    Promise.resolve({
      ...describeTls(tls, { host, isProduction: connection.environment === 'production' }),
      value: null,
    }),
  )
  const { logger } = context
  const target = openTarget(parameters, {
    applicationName: 'tranche connection test',
    logger,
    maxConnections: 1,
    connectTimeoutMs: LIMIT_MS,
  })
  try {
    const facts = await question('login', async () => {
      const value = await readServerFacts(target)
      return { ...holds(`as ${value.role}`), value }
    })
    await askServer(target, connection, { facts, question })
  } finally {
    await target.close()
  }
}

interface Asking {
  readonly facts: ServerFacts
  readonly question: Question
}

async function askServer(target: Target, connection: StoredConnection, { facts, question }: Asking): Promise<void> {
  await question('version', () => {
    assertSupported(facts, target.description)
    return Promise.resolve({ ...holds(`PostgreSQL ${facts.version}`), value: null })
  })
  await question('primary', () => Promise.resolve({ ...describePrimary(facts), value: null }))
  await question('pooler', () =>
    Promise.resolve({
      ...(facts.isPooled ? note('a pooler stands between; runs are made for that') : holds('direct connection')),
      value: null,
    }),
  )
  await target.withClient(async (client) => {
    await question('privileges', async () => ({ ...(await askPrivileges(client, connection, facts)), value: null }))
    await question('clock', async () => ({ ...(await askClock(client)), value: null }))
    await question('tracking', async () => ({ ...(await askTracking(client, connection)), value: null }))
  })
}

function describeTls(
  tls: false | { readonly rejectUnauthorized?: boolean | undefined; readonly checkServerIdentity?: unknown },
  { host, isProduction }: { readonly host: string; readonly isProduction: boolean },
): Finding {
  if (tls === false && host.startsWith('/')) return holds('a socket of this machine')
  if (tls === false) {
    const plain = note('not encrypted: rows and statements can be read on the way')
    return isProduction ? { ...plain, remedy: 'Use sslmode verify-full.' } : plain
  }
  if (tls.rejectUnauthorized !== true) return note('encrypted; the server is not verified')
  return holds(
    tls.checkServerIdentity === undefined ? 'encrypted; issuer and name verified' : 'encrypted; issuer verified',
  )
}

function describePrimary({ isStandby, isReadOnly, role }: ServerFacts): Finding {
  if (isStandby)
    return note('a standby: it can be looked at, nothing can be written', 'Connect to the primary to write.')
  if (!isReadOnly) return holds('writable')
  return note(
    `role ${role} begins its transactions read-only`,
    `Runs ask for read-write transactions themselves; where that is refused: ALTER ROLE ${quoteIdentifier(role)} RESET default_transaction_read_only;`,
  )
}

async function askPrivileges(
  client: pg.Client,
  { trackingSchema }: StoredConnection,
  { role }: ServerFacts,
): Promise<Finding> {
  const { rows } = await query(
    client,
    sql`SELECT has_database_privilege(current_database(), 'CREATE') AS may_create, current_database()::text AS database,
               (SELECT has_schema_privilege(oid, 'CREATE') AND has_schema_privilege(oid, 'USAGE')
                  FROM pg_namespace WHERE nspname = ${trackingSchema}::name) AS may_use`,
  )
  const [row] = rows as { may_create: boolean; database: string; may_use: boolean | null }[]
  const schema = quoteIdentifier(trackingSchema)
  const grantee = quoteIdentifier(role)
  if (row === undefined || row.may_use === true) return holds(`may use the schema ${trackingSchema}`)
  if (row.may_use === false)
    return failed(
      `role ${role} may not create in the schema ${trackingSchema}`,
      `GRANT USAGE, CREATE ON SCHEMA ${schema} TO ${grantee};`,
    )
  if (row.may_create) return holds(`may create the schema ${trackingSchema}`)
  return failed(
    `role ${role} may not create the schema ${trackingSchema}`,
    `CREATE SCHEMA ${schema} AUTHORIZATION ${grantee};`,
  )
}

async function askClock(client: pg.Client): Promise<Finding> {
  const before = Date.now()
  const { rows } = await query(client, sql`SELECT (extract(epoch FROM clock_timestamp()) * 1000)::float8 AS at_ms`)
  const [row] = rows as { at_ms: number }[]
  const skewMs = Math.round((row?.at_ms ?? 0) - (before + Date.now()) / 2)
  const detail = `${String(Math.abs(skewMs))} ms ${skewMs < 0 ? 'behind' : 'ahead of'} this machine`
  return Math.abs(skewMs) <= LARGEST_SKEW_MS
    ? holds(detail)
    : note(detail, 'Times on screen are the server’s. Set the clock of whichever is wrong.')
}

async function askTracking(client: pg.Client, { trackingSchema }: StoredConnection): Promise<Finding> {
  const { rows } = await query(
    client,
    sql`SELECT to_regclass(format('%I.%I', ${trackingSchema}::text, 'meta')) IS NOT NULL AS is_ours,
               to_regclass(format('%I.%I', ${trackingSchema}::text, 'batched_background_migrations')) IS NOT NULL AS has_core`,
  )
  const [row] = rows as { is_ours: boolean; has_core: boolean }[]
  if (row?.has_core !== true)
    return note(`no tracking tables in ${trackingSchema} yet`, 'Install them when it is opened.')
  if (row.is_ours) return holds(`installed in ${trackingSchema}`)
  return failed(
    `${trackingSchema} holds another framework's tracking tables`,
    'Name another tracking schema for this connection.',
  )
}

function holds(detail: string): Finding {
  return { outcome: 'holds', detail, remedy: null }
}

function note(detail: string, remedy: string | null = null): Finding {
  return { outcome: 'note', detail, remedy }
}

function failed(detail: string, remedy: string): Finding {
  return { outcome: 'failed', detail, remedy }
}

function failedCheck(name: Name, ms: number, error: unknown): TestCheck {
  const { message, remedy, details } = toAppError(translateError(error))
  const sqlstate = typeof details.sqlstate === 'string' ? details.sqlstate : null
  return { name, outcome: 'failed', ms, detail: message, remedy, sqlstate }
}

function skipped(name: Name): TestCheck {
  return {
    name,
    outcome: 'skipped',
    ms: 0,
    detail: 'not asked: something before it failed',
    remedy: null,
    sqlstate: null,
  }
}
