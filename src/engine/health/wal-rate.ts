/** How fast the whole server writes WAL, measured between evaluations. */
import { formatMeasure } from '../../shared/health.ts'
import { sql } from '../../shared/sql.ts'
import { type HealthIndicator, normal, notAvailable, stop, SWITCHED_OFF, type WalSample } from './indicator.ts'

/** The rate is that of about the last minute; over less than a second it would be noise. */
const WINDOW_SECONDS = 60
const SHORTEST_SECONDS = 1

export const walRate: HealthIndicator = {
  name: 'wal_rate',
  async observe({ settings: { maxWalBytesPerSecond: limit }, walSamples, ask }) {
    if (limit === null) return SWITCHED_OFF
    const [row] = (await ask(
      sql`SELECT pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '0/0')::float8 AS position,
                 extract(epoch FROM clock_timestamp())::float8 AS "atSeconds"`,
    )) as unknown as WalSample[]
    if (row === undefined) throw new Error('asking for the WAL position returned no row')
    const rate = rateSince(walSamples, row)
    walSamples.push(row)
    if (rate === null) return notAvailable('it takes two measurements, and this is the first')
    const measure = { value: Math.round(rate), limit, unit: 'bytes_per_second' } as const
    const what = `the server writes ${formatMeasure(measure.value, measure.unit)} of WAL`
    return rate > limit ? stop(what, measure) : normal(what, measure)
  },
}

/** Forgets samples that are too old, and measures from the oldest that is left. */
function rateSince(samples: WalSample[], now: WalSample): number | null {
  while (samples.length > 1 && now.atSeconds - (samples[0]?.atSeconds ?? 0) > WINDOW_SECONDS) samples.shift()
  const [first] = samples
  if (first === undefined || now.atSeconds - first.atSeconds < SHORTEST_SECONDS) return null
  return (now.position - first.position) / (now.atSeconds - first.atSeconds)
}
