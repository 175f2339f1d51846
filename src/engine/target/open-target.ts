/** The target: a small pool of connections. Startup sends no setting (poolers refuse them); timeouts are set in each transaction. */
import { once } from 'node:events'
import pg from 'pg'
import type { Logger } from '../ports.ts'
import { describeTarget, type TargetParameters } from './parameters.ts'
import { QuittingClient } from './quitting-client.ts'
import { translateConnectError } from './translate-connect-error.ts'
import { valueTypes } from './value-types.ts'

export interface Lending {
  /**
   * Aborted: the connection is closed at once, whatever is being asked on it. The server, which looks for its client each second,
   * gives that up; its outcome is in doubt as after any lost connection.
   */
  readonly signal?: AbortSignal
  /** Closed when it comes back: what was set for the session must not reach the next user. */
  readonly isClosedAfter?: boolean
}

export interface Target {
  /** For people: database, host, port and user. */
  readonly description: string
  readonly database: string
  /** By its address alone; what the server says of itself is the better sign (see readServerFacts). */
  readonly looksPooled: boolean
  /**
   * Lends a connection. A connection on which an error was thrown that leaves its state unknown is closed, not returned.
   * Throws target_unreachable, target_refused_login, database_missing when none can be had.
   */
  withClient<T>(use: (client: pg.Client) => Promise<T>, lending?: Lending): Promise<T>
  /** Whether somebody waits for a connection: who holds one for long gives it back at the next sub-batch. */
  isAwaited(): boolean
  close(): Promise<void>
}

interface OpenOptions {
  /** Shown in pg_stat_activity; at most 63 bytes reach the server. */
  readonly applicationName: string
  readonly logger: Logger
  readonly maxConnections?: number
  readonly connectTimeoutMs?: number
}

/** Opens lazily: the first `withClient` connects. */
export function openTarget(parameters: TargetParameters, options: OpenOptions): Target {
  const { applicationName, logger, maxConnections = 6, connectTimeoutMs = 10_000 } = options
  const { host, port, user, database, tls } = parameters
  const pool = new pg.Pool({
    host,
    port,
    user,
    database,
    // pg looks up ~/.pgpass by itself where the answer is undefined (and warns); an empty one keeps that our business.
    password: async () => (await parameters.password()) ?? '',
    ssl: tls,
    application_name: applicationName.slice(0, 63),
    max: maxConnections,
    connectionTimeoutMillis: connectTimeoutMs,
    idleTimeoutMillis: 30_000,
    keepAlive: true,
    types: valueTypes,
    Client: QuittingClient,
  })
  let connected = 0
  pool.on('connect', () => {
    connected += 1
  })
  pool.on('remove', () => {
    connected -= 1
  })
  // An idle connection that breaks is dropped by the pool; the next use connects anew.
  pool.on('error', (error) => {
    logger.log('warn', 'idle connection lost', { message: error.message, applicationName })
  })

  return {
    description: describeTarget(parameters),
    database,
    looksPooled: looksPooled(parameters),
    async withClient(use, { signal, isClosedAfter = false } = {}) {
      signal?.throwIfAborted()
      const client = await connect(pool, parameters)
      const abandon = (): void => {
        client.connection.stream.destroy()
      }
      signal?.addEventListener('abort', abandon, { once: true })
      const onError = (error: Error): void => {
        logger.log('warn', 'connection lost', { message: error.message })
      }
      client.on('error', onError)
      let isUsable = false
      try {
        const result = await use(client)
        isUsable = client.getTransactionStatus() === 'I'
        return result
      } catch (error) {
        isUsable = client.getTransactionStatus() === 'I'
        throw error
      } finally {
        signal?.removeEventListener('abort', abandon)
        client.off('error', onError)
        client.release(!isUsable || isClosedAfter)
      }
    },
    isAwaited: () => pool.waitingCount > 0,
    async close() {
      await pool.end()
      // The pool only sends its farewells; a server that is stopped next must find nobody connected.
      while (connected > 0) await once(pool, 'remove')
    },
  }
}

const POOLER_PORTS = new Set([6432, 6543])
const POOLER_HOST = /(?:^|[-.])pooler\./i

/** PgBouncer's own port, Supavisor's for transactions, and the host names of hosted poolers. */
export function looksPooled({ host, port }: Pick<TargetParameters, 'host' | 'port'>): boolean {
  return POOLER_PORTS.has(port) || POOLER_HOST.test(host)
}

async function connect(pool: pg.Pool, parameters: TargetParameters): Promise<pg.PoolClient> {
  try {
    return await pool.connect()
  } catch (error) {
    throw translateConnectError(error, parameters)
  }
}
