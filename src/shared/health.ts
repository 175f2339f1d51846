/**
 * Health as everybody sees it: what each indicator says, what holds a migration, and the sentences about both. Pure.
 * A signal is evidence whether to go on; `stop` puts a migration on hold. A hold is no status.
 */
import { formatDuration, formatTime } from './format-duration.ts'
import { formatCount } from './format-number.ts'

export const INDICATOR_NAMES = [
  'autovacuum', //         an autovacuum worker is at the table, a partition of it or their TOAST
  'wal_archive', //        finished WAL segments that the archiver has not taken
  'wal_rate', //           how fast the whole server writes WAL
  'replication_lag', //    how far replicas are behind, in bytes and seconds
  'replication_slots', //  WAL that slots keep back, or have lost
  'lock_waits', //         sessions that wait for a sub-batch of ours
  'long_transactions', //  what keeps dead rows from being reclaimed
] as const

export type IndicatorName = (typeof INDICATOR_NAMES)[number]

export type HealthSignal = 'normal' | 'stop' | 'unknown' | 'not_available'

export type HealthUnit = 'bytes' | 'bytes_per_second' | 'seconds' | 'segments' | 'transactions' | 'workers'

export interface HealthReading {
  readonly indicator: IndicatorName
  readonly signal: HealthSignal
  /** What was found, or why nothing could be; a clause without a full stop. */
  readonly reason: string
  /** The one that decided; null where none was read. */
  readonly value: number | null
  readonly limit: number | null
  readonly unit: HealthUnit | null
}

export interface Hold {
  /** ISO text in UTC, by the server's clock. */
  readonly until: string
  /** null: it was set by hand or by another program. */
  readonly since: string | null
  readonly indicator: IndicatorName | null
  readonly reason: string
  readonly value: number | null
  readonly limit: number | null
  readonly unit: HealthUnit | null
}

const LABELS: Readonly<Record<IndicatorName, string>> = {
  autovacuum: 'autovacuum',
  wal_archive: 'WAL archive',
  wal_rate: 'WAL rate',
  replication_lag: 'replication lag',
  replication_slots: 'replication slots',
  lock_waits: 'lock waits',
  long_transactions: 'long transactions',
}

export function indicatorLabel(name: IndicatorName): string {
  return LABELS[name]
}

/** `replication lag: replica "a" is 41 s behind (limit 10 s)`. */
export function reasonOfHold({ indicator, reason }: Pick<Hold, 'indicator' | 'reason'>): string {
  return indicator === null ? reason : `${indicatorLabel(indicator)}: ${reason}`
}

/** `On hold since … until … at the latest: replication lag: …`. */
export function holdSentence(hold: Hold): string {
  const since = hold.since === null ? '' : ` since ${formatTime(hold.since)}`
  // What an indicator began it may end early; what a person began it will not.
  const latest = hold.indicator === null ? '' : ' at the latest'
  return `On hold${since}, until ${formatTime(hold.until)}${latest}: ${reasonOfHold(hold)}.`
}

export function formatMeasure(value: number, unit: HealthUnit): string {
  switch (unit) {
    case 'bytes':
      return formatBytes(value)
    case 'bytes_per_second':
      return `${formatBytes(value)}/s`
    case 'seconds':
      return formatDuration(value)
    case 'segments':
      return `${formatCount(value)} segments`
    case 'transactions':
      return `${formatCount(value)} transactions`
    case 'workers':
      return formatCount(value)
  }
}

/** `512 B`, `1.5 MiB`, `10 GiB`. */
export function formatBytes(bytes: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB']
  let value = Math.abs(bytes)
  let index = 0
  while (value >= 1024 && index < units.length - 1) {
    value /= 1024
    index += 1
  }
  const digits = index === 0 || value >= 100 || Number.isInteger(value) ? 0 : 1
  return `${bytes < 0 ? '-' : ''}${value.toFixed(digits)} ${units[index] ?? 'B'}`
}
