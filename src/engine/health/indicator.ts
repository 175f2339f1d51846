/** What an indicator is: one question to the server, answered with a signal, its reason, value and limit. One per file. */
import type { HealthReading, HealthUnit, IndicatorName } from '../../shared/health.ts'
import { formatMeasure } from '../../shared/health.ts'
import type { HealthSettings } from '../../shared/health-settings.ts'
import type { Sql } from '../../shared/sql.ts'
import type { LongestWait } from './lock-wait-watch.ts'

export interface Probe {
  readonly settings: HealthSettings
  /** The migration's table. */
  readonly tableOid: string
  readonly trackingSchema: string
  /** The longest wait for one of ours that was seen since the last evaluation; null: none. */
  readonly longestWait: LongestWait | null
  /** WAL positions seen lately, oldest first. */
  readonly walSamples: WalSample[]
  /** One read-only statement under its own short timeout. */
  readonly ask: (statement: Sql) => Promise<readonly Record<string, unknown>[]>
}

export interface WalSample {
  /** The server's clock, in seconds. */
  readonly atSeconds: number
  /** Bytes of WAL since the beginning. */
  readonly position: number
}

export type Finding = Omit<HealthReading, 'indicator'>

export interface HealthIndicator {
  readonly name: IndicatorName
  /** What it throws becomes `unknown`, never `stop`. */
  observe(probe: Probe): Promise<Finding>
}

export interface Measure {
  readonly value: number
  readonly limit: number
  readonly unit: HealthUnit
}

export function normal(reason: string, measure: Measure | null = null): Finding {
  return { signal: 'normal', reason, ...partsOf(measure) }
}

/** `reason` with the limit behind it. */
export function stop(reason: string, measure: Measure | null = null): Finding {
  const limit = measure === null ? '' : ` (limit ${formatMeasure(measure.limit, measure.unit)})`
  return { signal: 'stop', reason: `${reason}${limit}`, ...partsOf(measure) }
}

export function notAvailable(reason: string): Finding {
  return { signal: 'not_available', reason, ...partsOf(null) }
}

export const SWITCHED_OFF = notAvailable('switched off')

function partsOf(measure: Measure | null): Pick<Finding, 'value' | 'limit' | 'unit'> {
  return measure ?? { value: null, limit: null, unit: null }
}

/** Whether this role may see what other sessions do. */
export const MAY_SEE_SESSIONS = `(SELECT rolsuper FROM pg_roles WHERE rolname = current_user) OR pg_has_role('pg_read_all_stats', 'USAGE')`
