/** Lock waits that our sub-batches cause to others: as seen while the last jobs ran, and now. */
import { formatMeasure } from '../../shared/health.ts'
import { type HealthIndicator, normal, stop, SWITCHED_OFF } from './indicator.ts'
import { longestOf, waitsForUs } from './lock-wait-watch.ts'

export const lockWaits: HealthIndicator = {
  name: 'lock_waits',
  async observe({ settings: { maxLockWaitSeconds: limit }, trackingSchema, longestWait, ask }) {
    if (limit === null) return SWITCHED_OFF
    const longest = longestOf(await ask(waitsForUs(trackingSchema)), longestWait)
    const measure = { value: longest?.seconds ?? 0, limit, unit: 'seconds' } as const
    if (longest === null) return normal('nobody waited for us', measure)
    const what = `${longest.who} waited ${formatMeasure(longest.seconds, 'seconds')} for a lock of ours`
    return longest.seconds > limit ? stop(what, measure) : normal(what, measure)
  },
}
