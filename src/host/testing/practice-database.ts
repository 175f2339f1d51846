/** A database of a test's own, on the disposable server. */
import { randomBytes } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import assert from 'node:assert/strict'
import pg from 'pg'
import { valueTypes } from '../../engine/target/value-types.ts'
import { compileSql, type Sql } from '../../shared/sql.ts'
import type { ServerConnection } from '../postgres/server-login.ts'
import { insertRows } from './insert-rows.ts'
import { noticed } from './open-work.ts'
import { testPlace } from './test-place.ts'

export type Row = Readonly<Record<string, unknown>>

export interface PracticeSchema {
  /** Statements, run as they are. */
  readonly schema?: string
  /** SQL files of the catalogue, by their path in it; run before `schema`. */
  readonly files?: readonly string[]
}

export interface PracticeDatabase {
  /** Runs statements; of the last one the rows. bigint and numeric are read as text. */
  readonly query: (statement: string | Sql) => Promise<readonly Row[]>
  /** Inserts rows; each may leave out columns that have a default. Lists and objects go into json and jsonb as JSON. */
  insert(table: string, ...rows: readonly Row[]): Promise<void>
  /** Throws where the statement gives other rows, in another order, or with other columns. */
  expect(statement: string | Sql, rows: readonly Row[]): Promise<void>
  readonly connection: ServerConnection
}

/** Makes a new database with these tables. It is gone when the tests are over. */
export async function practice({ schema = '', files = [] }: PracticeSchema = {}): Promise<PracticeDatabase> {
  const { server, databasePrefix, folder } = testPlace()
  const database = `${databasePrefix}${randomBytes(5).toString('hex')}`
  await onConnection(server, (client) =>
    client.query(`CREATE DATABASE ${pg.escapeIdentifier(database)} TEMPLATE template0`),
  )
  const connection = { ...server, database }
  const query = async (statement: string | Sql): Promise<readonly Row[]> =>
    onConnection(connection, async (client) => {
      const answer = await (typeof statement === 'string'
        ? client.query<Row>(statement)
        : queryCompiled(client, statement))
      // Several statements answer several times.
      const answers: readonly pg.QueryResult<Row>[] = Array.isArray(answer) ? answer : [answer]
      return answers.at(-1)?.rows ?? []
    })
  for (const file of files) await namingSource(file, async () => query(await readFile(join(folder, file), 'utf8')))
  if (schema !== '') await namingSource('schema', () => query(schema))
  return {
    connection,
    query: (statement) => noticed('query(…)', () => query(statement)),
    insert: (table, ...rows) =>
      noticed(`insert('${table}', …)`, () => onConnection(connection, (client) => insertRows(client, table, rows))),
    expect: (statement, rows) =>
      noticed('expect(…)', async () => {
        assert.deepEqual(await query(statement), rows)
      }),
  }
}

/** Says with an error which of the sources of a practice database it comes from. */
async function namingSource(source: string, make: () => Promise<unknown>): Promise<void> {
  try {
    await make()
  } catch (cause) {
    throw new Error(`practice: ${source}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause })
  }
}

export function queryCompiled(client: pg.Client, statement: Sql): Promise<pg.QueryResult<Row>> {
  const { text, values } = compileSql(statement)
  return client.query<Row>(text, [...values])
}

export async function onConnection<T>(
  connection: ServerConnection,
  use: (client: pg.Client) => Promise<T>,
): Promise<T> {
  const client = new pg.Client({ ...connection, ssl: false, application_name: 'tranche test', types: valueTypes })
  await client.connect()
  try {
    return await use(client)
  } finally {
    await client.end()
  }
}
