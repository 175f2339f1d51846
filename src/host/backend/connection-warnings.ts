/** What an operator should answer before trusting a connection's environment. */
import type { StoredConnection } from '../../storage/connections.ts'
import { isLocalHost } from '../connection/default-host.ts'
import { locateSettings, type Place, suspiciousName } from '../connection/resolve-target.ts'
import type { BackendContext } from './backend-context.ts'

/** Of a saved connection, or of one that is to be saved in its place. */
export async function warningsOf(
  context: Pick<BackendContext, 'env' | 'storage'>,
  connection: StoredConnection,
): Promise<readonly string[]> {
  const { connectionId, environment, isPractice, productionUntilMs } = connection
  const place = await placeOf(context, connection)
  if (isPractice || place === null) return []
  const { connections } = context.storage
  const name = suspiciousName(place, environment)
  const warnings = name === null ? [] : [name]
  if (productionUntilMs !== null) warnings.push(`it was production until ${minuteOf(productionUntilMs)}`)
  for (const other of connections.list()) {
    if (other.connectionId === connectionId || other.environment === environment) continue
    if (isSameDatabase(await placeOf(context, other), place))
      warnings.push(`the connection "${other.name}" leads to the same database as ${other.environment}`)
  }
  if (environment === 'production') return warnings
  for (const other of connections.listRemoved()) {
    if (other.environment !== 'production' || !isSameDatabase(await placeOf(context, other), place)) continue
    const removedOn = new Date(other.removedAtMs).toISOString().slice(0, 10)
    warnings.push(`it was production as "${other.name}", a connection that was removed on ${removedOn}`)
  }
  return warnings
}

/** null: a service that is no longer in its file leads nowhere. */
export async function placeOf(
  { env }: Pick<BackendContext, 'env'>,
  { settings }: Pick<StoredConnection, 'settings'>,
): Promise<Place | null> {
  return locateSettings(settings, env).catch(() => null)
}

/** By its address: names of one server under several are not looked up. */
export function isSameDatabase(one: Place | null, other: Place | null): boolean {
  if (one === null || other === null) return false
  return hostOf(one) === hostOf(other) && one.port === other.port && one.database === other.database
}

function hostOf({ host }: Place): string {
  return isLocalHost(host) ? 'localhost' : host.toLowerCase()
}

function minuteOf(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 16).replace('T', ' ')} UTC`
}
