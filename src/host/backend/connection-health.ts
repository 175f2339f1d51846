import { DEFAULT_HEALTH, HealthSettings } from '../../shared/health-settings.ts'
import type { BackendContext } from './backend-context.ts'

/** Thresholds of a connection, value by value: one that another version wrote and this one does not know is its default. */
export function healthOf({ storage }: Pick<BackendContext, 'storage'>, connectionId: string): HealthSettings {
  const kept = storage.healthSettings.find(connectionId)
  if (typeof kept !== 'object' || kept === null) return DEFAULT_HEALTH
  const known = Object.entries(HealthSettings.shape).flatMap(([name, schema]) => {
    const parsed = schema.safeParse((kept as Readonly<Record<string, unknown>>)[name])
    return parsed.success ? [[name, parsed.data] as const] : []
  })
  return HealthSettings.parse(Object.fromEntries(known))
}
