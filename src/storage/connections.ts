/** Saved connections, without secrets: whoever stores settings here is refused one. */
import type { Environment } from '../shared/confirmations.ts'
import { allRows, firstRow, type SqliteDatabase } from './database.ts'

export interface StoredConnection {
  readonly connectionId: string
  readonly name: string
  readonly environment: Environment
  /** libpq settings by name. */
  readonly settings: Readonly<Record<string, string>>
  readonly catalogueFolder: string | null
  readonly trackingSchema: string
  /** Only definitions of this logical database run here. */
  readonly logicalDatabase: string
  /** Logical name → connection id: what definitions reach beside it. */
  readonly otherDatabases: Readonly<Record<string, string>>
  readonly isPractice: boolean
  readonly createdAtMs: number
  readonly lastOpenedAtMs: number | null
  /** The program that prints the password; null: none. */
  readonly passwordCommand: readonly [string, ...string[]] | null
  /** When production was taken from it; null: it never had it, or has it. */
  readonly productionUntilMs: number | null
}

export interface RemovedConnection extends StoredConnection {
  readonly removedAtMs: number
}

export interface ConnectionRepository {
  /** By name; removed ones are not listed. */
  list(): readonly StoredConnection[]
  listRemoved(): readonly RemovedConnection[]
  find(connectionId: string): StoredConnection | null
  isNameTaken(name: string, byOtherThan: string): boolean
  /** Adds it, or writes all of it anew. */
  save(connection: StoredConnection): void
  touch(connectionId: string, openedAtMs: number): void
  remove(connectionId: string, removedAtMs: number): void
}

const SECRETS = ['password', 'sslpassword']

interface Row {
  readonly connection_id: string
  readonly name: string
  readonly environment: Environment
  readonly settings: string
  readonly catalogue_folder: string | null
  readonly tracking_schema: string
  readonly is_practice: number
  readonly created_at_ms: number
  readonly last_opened_at_ms: number | null
  readonly logical_database: string
  readonly other_databases: string
  readonly production_until_ms: number | null
  readonly password_command: string | null
}

const COLUMNS = `connection_id, name, environment, settings, catalogue_folder, tracking_schema, is_practice, created_at_ms,
  last_opened_at_ms, logical_database, other_databases, production_until_ms,
  password_command`

export function createConnectionRepository(database: SqliteDatabase): ConnectionRepository {
  const list = database.prepare(`SELECT ${COLUMNS} FROM connections WHERE removed_at_ms IS NULL ORDER BY name`)
  const removed = database.prepare(
    `SELECT ${COLUMNS}, removed_at_ms FROM connections WHERE removed_at_ms IS NOT NULL ORDER BY removed_at_ms DESC`,
  )
  const find = database.prepare(`SELECT ${COLUMNS} FROM connections WHERE connection_id = ? AND removed_at_ms IS NULL`)
  const named = database.prepare(
    'SELECT 1 AS taken FROM connections WHERE name = ? AND connection_id <> ? AND removed_at_ms IS NULL',
  )
  const save = database.prepare(
    `INSERT INTO connections (${COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
     ON CONFLICT (connection_id) DO UPDATE
        SET name = excluded.name, environment = excluded.environment, settings = excluded.settings,
            catalogue_folder = excluded.catalogue_folder, tracking_schema = excluded.tracking_schema,
            last_opened_at_ms = excluded.last_opened_at_ms, logical_database = excluded.logical_database,
            other_databases = excluded.other_databases,
            production_until_ms = excluded.production_until_ms, password_command = excluded.password_command,
            removed_at_ms = NULL`,
  )
  const touch = database.prepare('UPDATE connections SET last_opened_at_ms = ? WHERE connection_id = ?')
  const remove = database.prepare('UPDATE connections SET removed_at_ms = ? WHERE connection_id = ?')
  return {
    list: () => allRows<Row>(list).map(connectionOf),
    listRemoved: () =>
      allRows<Row & { readonly removed_at_ms: number }>(removed).map((row) => ({
        ...connectionOf(row),
        removedAtMs: row.removed_at_ms,
      })),
    find(connectionId) {
      const row = firstRow<Row>(find, connectionId)
      return row === undefined ? null : connectionOf(row)
    },
    isNameTaken: (name, byOtherThan) => firstRow(named, name, byOtherThan) !== undefined,
    save(connection) {
      refuseSecrets(connection)
      const { connectionId, name, environment, settings, catalogueFolder, trackingSchema } = connection
      const {
        isPractice,
        createdAtMs,
        lastOpenedAtMs,
        logicalDatabase,
        otherDatabases,
        productionUntilMs,
        passwordCommand,
      } = connection
      save.run(
        ...[connectionId, name, environment, JSON.stringify(settings), catalogueFolder, trackingSchema],
        ...[isPractice ? 1 : 0, createdAtMs, lastOpenedAtMs, logicalDatabase, JSON.stringify(otherDatabases)],
        ...[productionUntilMs, passwordCommand === null ? null : JSON.stringify(passwordCommand)],
      )
    },
    touch: (connectionId, openedAtMs) => void touch.run(openedAtMs, connectionId),
    remove: (connectionId, removedAtMs) => void remove.run(removedAtMs, connectionId),
  }
}

function refuseSecrets({ settings }: StoredConnection): void {
  const secret = SECRETS.find((name) => Object.hasOwn(settings, name))
  if (secret !== undefined) throw new Error(`a connection is saved with its ${secret}; secrets are not stored`)
}

function connectionOf(row: Row): StoredConnection {
  return {
    connectionId: row.connection_id,
    name: row.name,
    environment: row.environment,
    settings: JSON.parse(row.settings) as Record<string, string>, // written by save
    catalogueFolder: row.catalogue_folder,
    trackingSchema: row.tracking_schema,
    logicalDatabase: row.logical_database,
    otherDatabases: JSON.parse(row.other_databases) as Record<string, string>, // written by save
    isPractice: row.is_practice === 1,
    createdAtMs: row.created_at_ms,
    lastOpenedAtMs: row.last_opened_at_ms,
    productionUntilMs: row.production_until_ms,
    passwordCommand: row.password_command === null ? null : (JSON.parse(row.password_command) as [string, ...string[]]), // written by save
  }
}
