import pg from 'pg'
import { inject } from 'vitest'
import { openTestDatabase, type TestDatabase } from './test-database.ts'

/**
 * The name of a database that `fill` made once for the whole run, to be given to `createTestDatabase`. Test files run
 * in parallel processes: the first one to ask makes it, the others wait.
 */
export async function templateDatabase(name: string, fill: (database: TestDatabase) => Promise<void>): Promise<string> {
  const full = `${inject('databasePrefix')}template_${name}`
  const client = new pg.Client({ ...inject('server'), application_name: 'test support' })
  await client.connect()
  try {
    await client.query(`SELECT pg_advisory_lock(hashtext($1))`, [full])
    const { rowCount } = await client.query(`SELECT FROM pg_database WHERE datname = $1`, [full])
    if (rowCount === 0) await make(client, full, fill)
  } finally {
    // Ends the lock as well.
    await client.end()
  }
  return full
}

/** It gets its name only when it is complete: after a failed `fill` the next one to ask tries again. */
async function make(client: pg.Client, full: string, fill: (database: TestDatabase) => Promise<void>): Promise<void> {
  const unfinished = `${full}_unfinished`
  await client.query(`DROP DATABASE IF EXISTS ${pg.escapeIdentifier(unfinished)} WITH (FORCE)`)
  await client.query(`CREATE DATABASE ${pg.escapeIdentifier(unfinished)} TEMPLATE template0`)
  const database = openTestDatabase(unfinished)
  await fill(database)
  await database.close()
  await client.query(`ALTER DATABASE ${pg.escapeIdentifier(unfinished)} RENAME TO ${pg.escapeIdentifier(full)}`)
}
