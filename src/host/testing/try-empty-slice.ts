/** `perform` over a sub-batch that holds no row, rolled back: what it changes even so, it changes outside of its sub-batch. */
import type pg from 'pg'
import type { BatchedMigrationDefinition, JobArguments, QueryingContext } from '../../catalogue/definition.ts'
import { refuseTransactionControl } from '../../engine/gate.ts'
import { isSql, type Sql } from '../../shared/sql.ts'
import { DEFAULT_TRACKING_SCHEMA } from '../create-engine-host.ts'
import { differenceOf, readTables } from './compare-tables.ts'
import { onConnection, type PracticeDatabase, queryCompiled } from './practice-database.ts'
import { emptySlice, trialContext } from './trial-slice.ts'

interface Trial {
  readonly args: JobArguments
  readonly databases: Readonly<Record<string, PracticeDatabase>>
}

/** What it did, in words; null where it did nothing, or could not be tried: only the run tells of its errors. */
export async function tryEmptySlice(
  database: PracticeDatabase,
  definition: BatchedMigrationDefinition,
  { args, databases }: Trial,
): Promise<string | null> {
  return rolledBack(database, async (query) => {
    const context: QueryingContext = {
      ...trialContext(emptySlice(definition), args),
      query,
      database: (name) => ({ query: (statement) => askOther(databases[name], statement) }),
    }
    const { perform } = definition
    if (typeof perform !== 'function') {
      const [row] = (await query(perform.select(context))).rows
      return row === undefined ? null : `its select returned ${JSON.stringify(row)}`
    }
    const reader = { query: async (statement: Sql) => (await query(statement)).rows }
    const before = await readTables(reader, DEFAULT_TRACKING_SCHEMA, [])
    const result: unknown = perform(context)
    if (isSql(result)) await query(result)
    else await result
    const difference = differenceOf(before, await readTables(reader, DEFAULT_TRACKING_SCHEMA, []))
    return difference === null ? null : `it changed ${difference}`
  })
}

type Query = QueryingContext['query']

async function rolledBack<T>(database: PracticeDatabase, body: (query: Query) => Promise<T>): Promise<T | null> {
  return onConnection(database.connection, async (client) => {
    await client.query('BEGIN')
    try {
      return await body((statement) => ask(client, statement))
    } catch {
      return null
    } finally {
      await client.query('ROLLBACK')
    }
  })
}

async function ask(client: pg.Client, statement: Sql): ReturnType<Query> {
  refuseTransactionControl(statement)
  const { rows, rowCount } = await queryCompiled(client, statement)
  return { rows, rowCount: rowCount ?? 0 }
}

/** Each question in a transaction of its own, as in a run, but rolled back. */
async function askOther(other: PracticeDatabase | undefined, statement: Sql): ReturnType<Query> {
  const answer = other === undefined ? null : await rolledBack(other, (query) => query(statement))
  if (answer === null) throw new Error('the other database could not be asked')
  return answer
}
