/** Saved connections: drafts become settings without secrets, and views that have no place for one. */
import { randomUUID } from 'node:crypto'
import type { z } from 'zod'
import { readCommand } from '../../shared/command-words.ts'
import { TrancheError } from '../../shared/errors.ts'
import type { ConnectionDraft, ConnectionView, PasswordSource } from '../../shared/connection-view.ts'
import type { StoredConnection } from '../../storage/connections.ts'
import type { ConnectionSettings } from '../connection/connection-settings.ts'
import { parseTargetUrl } from '../connection/parse-target-url.ts'
import { locateSettings, type Place } from '../connection/resolve-target.ts'
import type { BackendContext } from './backend-context.ts'
import { connectionPassword } from './connection-password.ts'
import { isSameDatabase, placeOf, warningsOf } from './connection-warnings.ts'
import { assertMappings } from './mapped-databases.ts'

export type Draft = z.output<typeof ConnectionDraft>

/** Settings and password of a draft, parted; in the place of `before`, if there is one. Throws invalid_target. */
export function readDraft(
  draft: Draft,
  before: StoredConnection | null = null,
): { readonly settings: ConnectionSettings; readonly password: string | null } {
  const { password, sslpassword, ...settings } = settingsOf(draft, before)
  if (sslpassword !== undefined) {
    throw new TrancheError('invalid_target', 'the URL holds the password of a client key, which is not kept', {
      remedy: 'Use a key without a password that only this user can read, or a service of the service file.',
    })
  }
  return { settings, password: draft.password ?? password ?? null }
}

/** They came by a URL and have no field: who changes a field does not mean them. A URL says all there is. */
const WITHOUT_FIELD = ['service', 'passfile', 'connect_timeout', 'sslrootcert', 'sslcert', 'sslkey']

function settingsOf({ place }: Draft, before: StoredConnection | null): ConnectionSettings {
  if (place.kind === 'url') return parseTargetUrl(place.url)
  const { host, port, database, user, sslmode, sslrootcert } = place
  const kept = Object.entries(before?.settings ?? {}).filter(([name]) => WITHOUT_FIELD.includes(name))
  return {
    ...Object.fromEntries(kept),
    host,
    port: String(port),
    dbname: database,
    user,
    ...(sslmode === undefined ? {} : { sslmode }),
    ...(sslrootcert === undefined ? {} : { sslrootcert }),
  }
}

/** Saves a draft, as a new connection or in the place of `before`. Throws invalid_target, and invalid_setting for a name or a mapping that cannot be. */
export async function saveConnection(
  context: BackendContext,
  draft: Draft,
  before: StoredConnection | null,
): Promise<StoredConnection> {
  const { storage, secrets, env } = context
  const { settings, password } = readDraft(draft, before)
  const place = await locateSettings(settings, env)
  const connectionId = before?.connectionId ?? randomUUID()
  if (storage.connections.isNameTaken(draft.name, connectionId)) {
    throw new TrancheError('invalid_setting', `there is a connection named "${draft.name}" already`, {
      remedy: 'Give it another name.',
    })
  }
  const connection: StoredConnection = {
    connectionId,
    name: draft.name,
    environment: draft.environment,
    settings,
    catalogueFolder: draft.catalogueFolder,
    trackingSchema: draft.trackingSchema,
    logicalDatabase: draft.logicalDatabase,
    otherDatabases: draft.otherDatabases,
    passwordCommand: commandOf(draft),
    isPractice: false,
    createdAtMs: before?.createdAtMs ?? Date.now(),
    lastOpenedAtMs: before?.lastOpenedAtMs ?? null,
    productionUntilMs: before === null ? null : await productionUntil(context, before, { draft, place }),
  }
  assertMappings(context, connection)
  storage.connections.save(connection)
  if (password !== null) secrets.set(connectionId, password)
  return connection
}

/** Throws invalid_setting. */
export function commandOf({ passwordCommand }: Draft): StoredConnection['passwordCommand'] {
  if (passwordCommand === null) return null
  const command = readCommand(passwordCommand)
  if (command !== null) return command
  throw new TrancheError('invalid_setting', 'the password command cannot be read', {
    remedy:
      'Write its words with spaces between, quoted where they hold some, or as a JSON array: ["op", "read", "…"].',
  })
}

/** A place that never was production is not called so because another one was, which the connection led to before. */
async function productionUntil(
  context: BackendContext,
  before: StoredConnection,
  { draft, place }: { readonly draft: Draft; readonly place: Place },
): Promise<number | null> {
  const isSamePlace = isSameDatabase(await placeOf(context, before), place)
  if (draft.environment === 'production' || !isSamePlace) return null
  return before.environment === 'production' ? Date.now() : before.productionUntilMs
}

/** Throws unknown_connection. */
export function getConnection({ storage }: BackendContext, connectionId: string): StoredConnection {
  const connection = storage.connections.find(connectionId)
  if (connection !== null) return connection
  throw new TrancheError('unknown_connection', `there is no connection with id ${JSON.stringify(connectionId)}`, {
    remedy: 'Look at the list of connections: it may have been removed.',
  })
}

export async function viewConnection(
  context: Pick<BackendContext, 'env' | 'findPractice' | 'secrets' | 'storage'>,
  connection: StoredConnection,
): Promise<ConnectionView> {
  const { connectionId, name, environment, settings, catalogueFolder, trackingSchema, isPractice } = connection
  // Two checkouts may share one file: what is saved of practice may be of the other one.
  const practice = isPractice ? await context.findPractice(connection.logicalDatabase) : null
  const place = practice ?? (await placeOf(context, connection)) ?? PLACE_UNKNOWN
  return {
    connectionId,
    name,
    environment,
    host: place.host,
    port: place.port,
    database: place.database,
    user: place.user,
    sslmode: settings.sslmode ?? null,
    hasPassword: context.secrets.get(connectionId) !== null,
    passwordCommand: connection.passwordCommand,
    catalogueFolder,
    trackingSchema,
    logicalDatabase: connection.logicalDatabase,
    otherDatabases: connection.otherDatabases,
    isPractice,
    createdAtMs: connection.createdAtMs,
    lastOpenedAtMs: connection.lastOpenedAtMs,
    warnings: await warningsOf(context, connection),
  }
}

/** A service that is no longer in its file leads nowhere; opening it says so. */
const PLACE_UNKNOWN = { host: '?', port: 0, database: '?', user: '?' }

/** Where the password would come from, without telling it. */
export async function findPasswordSource(
  context: BackendContext,
  connection: StoredConnection,
): Promise<PasswordSource> {
  return connection.isPractice ? 'memory' : (await connectionPassword(context, connection)()).source
}
