/** A place where a statement waits for as long as the test wants; so nothing has to be slow to be caught in the middle. */
import { sql } from '../../src/catalogue/api.ts'
import type { TestDatabase } from './test-database.ts'
import { until } from './until.ts'

const KEY = 4_711

/** For a select list: NULL once the gate is open. The engine's limit on waiting for locks is not meant for this one. */
export const AT_GATE = sql`CASE WHEN set_config('lock_timeout', '0', true) <> '' THEN nullif(pg_advisory_xact_lock_shared(4711)::text, '') END`

export interface Gate {
  /** Resolves once so many statements wait at it. */
  reached(count?: number): Promise<void>
  open(): Promise<void>
}

/** Closed until it is opened, or the test is over. */
export async function closeGate(database: TestDatabase): Promise<Gate> {
  const keeper = await database.connect({ applicationName: 'gate' })
  await keeper.query('SELECT pg_advisory_lock($1)', [KEY])
  return {
    reached: (count = 1) =>
      until(async () => {
        const waiting = await database.query(
          `SELECT FROM pg_locks WHERE locktype = 'advisory' AND objid = $1 AND NOT granted
              AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`,
          [KEY],
        )
        return waiting.length >= count
      }),
    open: async () => {
      await keeper.query('SELECT pg_advisory_unlock($1)', [KEY])
    },
  }
}
