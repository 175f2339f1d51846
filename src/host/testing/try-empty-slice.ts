/** `perform` over a sub-batch that holds no row, rolled back: what it changes even so, it changes outside of its sub-batch. */
import type pg from 'pg'
import type { BatchedMigrationDefinition, QueryingContext, SubBatch } from '../../catalogue/definition.ts'
import { refuseTransactionControl } from '../../engine/gate.ts'
import { isSql, sql, type Sql } from '../../shared/sql.ts'
import { DEFAULT_TRACKING_SCHEMA } from '../create-engine-host.ts'
import { differenceOf, readTables } from './compare-tables.ts'
import { onConnection, type PracticeDatabase, queryCompiled } from './practice-database.ts'

interface Trial {
  readonly args: Readonly<Record<string, unknown>>
  readonly databases: Readonly<Record<string, PracticeDatabase>>
}

/** What it did, in words; null where it did nothing, or could not be tried: only the run tells of its errors. */
export async function tryEmptySlice(
  database: PracticeDatabase,
  definition: BatchedMigrationDefinition,
  { args, databases }: Trial,
): Promise<string | null> {
  return rolledBack(database, async (query) => {
    const subBatch = emptySlice(definition)
    const context: QueryingContext = {
      ...{ subBatch, args, jobId: '0', migrationId: '0', signal: new AbortController().signal },
      log() {
        // nothing happened that anybody would have to know of
      },
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

function emptySlice({ table, columns, strategy }: BatchedMigrationDefinition): SubBatch {
  const none = sql`(false)`
  return Object.defineProperties(
    { ...none },
    {
      on: { value: () => none },
      values: {
        get: () => {
          if (strategy !== 'loose_index_scan')
            throw new TypeError('subBatch.values exists only under strategy loose_index_scan')
          return sql`(SELECT ${sql.ident(columns[0] ?? '')} FROM ${sql.ident(...table.split('.'))} WHERE false)`
        },
      },
    },
  ) as SubBatch // `on` and `values` are defined one line above; a spread cannot carry a throwing getter
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
