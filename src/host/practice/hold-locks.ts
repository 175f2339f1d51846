/** Another session that has rows locked and does not let go, as an open psql would: part of the trouble of `--trouble`. */
import pg from 'pg'
import type { TargetParameters } from '../../engine/target/parameters.ts'
import { sql } from '../../shared/sql.ts'
import { query } from '../../engine/target/transaction.ts'
import { readPracticeData } from './practice-data.ts'

const APPLICATION_NAME = 'tranche practice: holds locks'

export interface HeldLocks {
  /** Lets go; does nothing where somebody ended the session meanwhile, which is the remedy to practise. */
  release(): Promise<void>
}

/** Runs each `locks.sql` of a data folder in one transaction that stays open. */
export async function holdLocks(
  parameters: TargetParameters,
  { catalogueFolder, dataFolder }: { readonly catalogueFolder: string; readonly dataFolder: string },
): Promise<HeldLocks> {
  const { host, port, user, database, tls } = parameters
  const password = (await parameters.password()) ?? ''
  const client = new pg.Client({ host, port, user, database, password, ssl: tls, application_name: APPLICATION_NAME })
  client.on('error', () => undefined) // somebody ended it
  await client.connect()
  try {
    await client.query('BEGIN')
    for (const { locks } of await readPracticeData(catalogueFolder, dataFolder))
      if (locks !== null) await client.query(locks)
  } catch (error) {
    await client.end()
    throw error
  }
  return { release: () => client.end().catch(() => undefined) }
}

/** Ends the sessions that hold locks here, whoever started them: what they lock is about to be dropped. */
export async function releaseLocks(client: pg.Client): Promise<void> {
  await query(
    client,
    sql`SELECT pg_terminate_backend(pid) FROM pg_stat_activity
        WHERE datname = current_database() AND application_name = ${APPLICATION_NAME}`,
  )
}
