/** Replication slots: those whose WAL the server is about to drop or dropped, and those that pile it up unread. */
import { formatMeasure } from '../../shared/health.ts'
import { sql } from '../../shared/sql.ts'
import { type Finding, type HealthIndicator, normal, notAvailable, stop, SWITCHED_OFF } from './indicator.ts'

interface Slot {
  readonly name: string
  readonly is_active: boolean
  readonly wal_status: 'reserved' | 'extended' | 'unreserved' | 'lost' | null
  readonly safe_bytes: string | null
  readonly retained_bytes: string | null
}

interface Limits {
  readonly minSafeWalBytes: number | null
  readonly maxRetainedWalBytes: number | null
}

export const replicationSlots: HealthIndicator = {
  name: 'replication_slots',
  async observe({ settings, ask }) {
    if (settings.minSafeWalBytes === null && settings.maxRetainedWalBytes === null) return SWITCHED_OFF
    const slots = (await ask(
      sql`SELECT slot_name::text AS name, active AS is_active, wal_status, safe_wal_size AS safe_bytes,
                 pg_wal_lsn_diff(pg_current_wal_lsn(), restart_lsn) AS retained_bytes
            FROM pg_replication_slots WHERE NOT temporary`,
    )) as unknown as Slot[]
    if (slots.length === 0) return notAvailable('there is no replication slot')
    const findings = slots.map((slot) => judge(slot, settings))
    return (
      findings.find(({ signal }) => signal === 'stop') ?? findings[0] ?? notAvailable('there is no replication slot')
    )
  },
}

/** safe_wal_size is NULL where max_slot_wal_keep_size sets no limit: then only the disk does. */
function judge(slot: Slot, { minSafeWalBytes, maxRetainedWalBytes }: Limits): Finding {
  const { name, is_active, wal_status, safe_bytes, retained_bytes } = slot
  if (wal_status === 'lost') return stop(`slot "${name}" has lost WAL that its consumer needs: rebuild or drop it`)
  if (wal_status === 'unreserved') return stop(`the server is about to drop WAL that slot "${name}" still needs`)
  if (safe_bytes !== null && minSafeWalBytes !== null) {
    const measure = { value: Number(safe_bytes), limit: minSafeWalBytes, unit: 'bytes' } as const
    if (measure.value < minSafeWalBytes) {
      return stop(`slot "${name}" may keep back only ${formatMeasure(measure.value, 'bytes')} more WAL`, measure)
    }
  }
  const limit = maxRetainedWalBytes ?? 0
  const measure = { value: Math.max(0, Number(retained_bytes ?? 0)), limit, unit: 'bytes' } as const
  const what = `slot "${name}" keeps ${formatMeasure(measure.value, 'bytes')} of WAL back`
  if (!is_active && maxRetainedWalBytes !== null && measure.value > limit)
    return stop(`${what} and nobody reads it`, measure)
  return normal(what, measure)
}
