import { expect, it } from 'vitest'
import type { Probe, WalSample } from '../../../src/engine/health/indicator.ts'
import { walRate } from '../../../src/engine/health/wal-rate.ts'
import { DEFAULT_HEALTH } from '../../../src/shared/health-settings.ts'

it('the WAL rate is that of the last minute, and stops above its limit', async () => {
  const walSamples: WalSample[] = []
  const at = (atSeconds: number, position: number): ReturnType<typeof walRate.observe> =>
    walRate.observe(probe(atSeconds, position))
  function probe(atSeconds: number, position: number): Probe {
    return {
      settings: { ...DEFAULT_HEALTH, maxWalBytesPerSecond: 100 },
      tableOid: '1',
      trackingSchema: 'tranche',
      longestWait: null,
      walSamples,
      ask: () => Promise.resolve([{ atSeconds, position }]),
    }
  }
  expect(await at(0, 1_000)).toMatchObject({ signal: 'not_available' })
  // too soon to say anything
  expect(await at(0.5, 9_000)).toMatchObject({ signal: 'not_available' })
  expect(await at(100, 10_000)).toMatchObject({ signal: 'normal', value: 10 })
  expect(await at(110, 12_000)).toMatchObject({
    signal: 'stop',
    value: 200,
    limit: 100,
    unit: 'bytes_per_second',
    reason: 'the server writes 200 B/s of WAL (limit 100 B/s)',
  })
})
