/** Another session that has rows locked and does not let go, as an open psql would: part of the trouble of `--trouble`. */
import pg from 'pg'
import type { TargetParameters } from '../../engine/target/parameters.ts'
import { sql } from '../../shared/sql.ts'
import { query } from '../../engine/target/transaction.ts'
import { readPracticeData } from './practice-data.ts'

const APPLICATION_NAME = 'tranche practice: holds locks'

/** Well below the hour from which on a transaction is a long one, which would hold every migration on the server. */
const RENEW_MS = 5 * 60_000

export interface HeldLocks {
  /** Lets go; does nothing where somebody ended the session meanwhile, which is the remedy to practise. */
  release(): Promise<void>
}

interface Holding {
  readonly catalogueFolder: string
  readonly dataFolder: string
  readonly renewMs?: number
}

/**
 * Runs each `locks.sql` of a data folder in one transaction that stays open. Now and then another session takes over, before the
 * former lets go, so `locks.sql` takes locks that two sessions can share. Once somebody ended it, nobody takes over.
 */
export async function holdLocks(
  parameters: TargetParameters,
  { catalogueFolder, dataFolder, renewMs = RENEW_MS }: Holding,
): Promise<HeldLocks> {
  const statements = (await readPracticeData(catalogueFolder, dataFolder)).flatMap(({ locks }) => locks ?? [])
  let held = await lock(parameters, statements)
  let renewing: Promise<void> = Promise.resolve()
  const timer = setInterval(() => {
    renewing = renewing.then(renew)
  }, renewMs)

  async function renew(): Promise<void> {
    if (held.isEnded()) {
      clearInterval(timer)
      return
    }
    // Where it does not come about, the former goes on.
    const next = await lock(parameters, statements).catch(() => null)
    if (next === null) return
    // Ended while it was taken over: nobody was to take over.
    if (held.isEnded()) return next.end()
    const former = held
    held = next
    await former.end()
  }

  return {
    async release() {
      clearInterval(timer)
      await renewing
      await held.end()
    },
  }
}

interface Session {
  isEnded(): boolean
  end(): Promise<void>
}

async function lock(parameters: TargetParameters, statements: readonly string[]): Promise<Session> {
  const { host, port, user, database, tls } = parameters
  const password = (await parameters.password()) ?? ''
  const client = new pg.Client({ host, port, user, database, password, ssl: tls, application_name: APPLICATION_NAME })
  let isEnded = false
  client.on('error', () => undefined) // somebody ended it
  client.on('end', () => (isEnded = true))
  await client.connect()
  try {
    await client.query('BEGIN')
    for (const statement of statements) await client.query(statement)
  } catch (error) {
    await client.end()
    throw error
  }
  return { isEnded: () => isEnded, end: () => client.end().catch(() => undefined) }
}

/** Ends the sessions that hold locks here, whoever started them: what they lock is about to be dropped. */
export async function releaseLocks(client: pg.Client): Promise<void> {
  await query(
    client,
    sql`SELECT pg_terminate_backend(pid) FROM pg_stat_activity
        WHERE datname = current_database() AND application_name = ${APPLICATION_NAME}`,
  )
}
