/** Nine questions to a server before it is trusted with anything. Nothing is written; each is answered, failed or skipped. */
import { performance } from 'node:perf_hooks'
import { openTarget, type Target } from '../../engine/target/open-target.ts'
import { assertSupported, readServerFacts, type ServerFacts } from '../../engine/target/server-facts.ts'
import { transact } from '../../engine/target/transaction.ts'
import { type ConnectionTest, type PasswordSource, TEST_CHECKS, type TestCheck } from '../../shared/connection-view.ts'
import { toAppError } from '../../shared/errors.ts'
import type { StoredConnection } from '../../storage/connections.ts'
import { translateError } from '../translate-error.ts'
import type { BackendContext } from './backend-context.ts'
import { type Finding, holds } from './connection-checks/finding.ts'
import { askReach } from './connection-checks/reach-check.ts'
import {
  askClock,
  askPrivileges,
  askTracking,
  describePooler,
  describePrimary,
} from './connection-checks/server-checks.ts'
import { askTls } from './connection-checks/tls-check.ts'
import { locateConnection, resolveConnection } from './resolve-connection.ts'
import { findPasswordSource } from './saved-connections.ts'

/** For the way there, and again for the login. */
const LIMIT_MS = 15_000

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
        if (finding.outcome === 'failed' && ENDS.includes(name)) throw new Error(finding.detail)
        return value
      } catch (error) {
        if (checks.at(-1)?.name !== name)
          checks.push(failedCheck(name, performance.now() - askedAt, { error, passwordFrom }))
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

/** Behind these nothing can be asked: a password is not sent to a server that was not accepted. */
const ENDS: readonly Name[] = ['reach', 'tls', 'login', 'version']

type Question = <T>(name: Name, question: () => Promise<Finding & { readonly value: T }>) => Promise<T>

async function ask(context: BackendContext, connection: StoredConnection, question: Question): Promise<void> {
  await question('reach', async () => {
    const place = await locateConnection(context, connection)
    return { ...(await askReach(place, LIMIT_MS)), value: null }
  })
  const parameters = await question('tls', async () => {
    const { parameters: value } = await resolveConnection(context, connection)
    return { ...(await askTls(value, LIMIT_MS)), value }
  })
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
  await question('pooler', () => Promise.resolve({ ...describePooler(facts), value: null }))
  const { hasConnectionCheck } = facts
  const settings = { statementTimeoutMs: LIMIT_MS, isReadOnly: true, hasConnectionCheck }
  await target.withClient((client) =>
    transact(client, settings, async (transaction) => {
      await question('privileges', async () => ({
        ...(await askPrivileges(transaction, connection, facts)),
        value: null,
      }))
      await question('clock', async () => ({ ...(await askClock(transaction)), value: null }))
      await question('tracking', async () => ({ ...(await askTracking(transaction, connection)), value: null }))
    }),
  )
}

interface Failure {
  readonly error: unknown
  readonly passwordFrom: PasswordSource
}

function failedCheck(name: Name, ms: number, { error, passwordFrom }: Failure): TestCheck {
  const { code, message, remedy, details } = toAppError(translateError(error))
  return {
    name,
    outcome: 'failed',
    ms,
    detail: message,
    remedy: code === 'target_refused_login' && name === 'login' ? PASSWORD_REMEDIES[passwordFrom] : remedy,
    sqlstate: typeof details.sqlstate === 'string' ? details.sqlstate : systemCodeOf(error),
  }
}

const PASSWORD_REMEDIES: Readonly<Record<PasswordSource, string>> = {
  memory:
    'The password that was given was sent. Give another one in the form, or check the user and the server’s pg_hba.conf.',
  passfile: 'The password of the password file was sent. Correct its line, or give another one in the form.',
  command: 'What the password command printed was sent. Run it in a terminal, and look at its token’s end.',
  service:
    'The password of the service was sent. Correct its section of the service file, or give another one in the form.',
  environment: 'PGPASSWORD was sent. Give another one in the form, or put it into ~/.pgpass.',
  none: 'No password is known. Give it in the form, or put it into ~/.pgpass.',
}

/** ECONNREFUSED and the like, of whatever lies at the bottom. */
function systemCodeOf(error: unknown): string | null {
  if (!(error instanceof Error)) return null
  if ('syscall' in error && 'code' in error && typeof error.code === 'string') return error.code
  return systemCodeOf(error instanceof AggregateError ? error.errors[0] : error.cause)
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
