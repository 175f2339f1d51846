import { expect, it } from 'vitest'
import { formOf, settingsOf } from '../../src/renderer/src/features/connections/thresholds.ts'
import { healthSummary, measureOfHold } from '../../src/renderer/src/features/run/health-words.ts'
import { DEFAULT_HEALTH } from '../../src/shared/health-settings.ts'

it('shows thresholds in fields and reads the same back; empty is off, bytes are MiB', () => {
  const form = formOf({ ...DEFAULT_HEALTH, maxWalBytesPerSecond: 1_572_864 })
  expect(form.values).toMatchObject({ maxLagBytes: '256', maxWalBytesPerSecond: '1.5', holdSeconds: '600' })

  expect(settingsOf(form)).toEqual({ settings: { ...DEFAULT_HEALTH, maxWalBytesPerSecond: 1_572_864 } })
  form.values.maxLagSeconds = ' '
  form.values.maxWalBytesPerSecond = ''
  expect(settingsOf(form)).toEqual({ settings: { ...DEFAULT_HEALTH, maxLagSeconds: null } })
})

it('names every field that holds no number, and a hold that would last no time', () => {
  const form = formOf(DEFAULT_HEALTH)
  Object.assign(form.values, { maxLagSeconds: '-1', maxLagBytes: 'many', maxXminAge: '1.5', holdSeconds: '' })

  const read = settingsOf(form)

  expect('wrong' in read ? [...read.wrong].sort() : read).toEqual([
    'holdSeconds',
    'maxLagBytes',
    'maxLagSeconds',
    'maxXminAge',
  ])
})

it('sums up signals, and measures a hold where something was measured', () => {
  const signals = ['normal', 'stop', 'normal', 'not_available'] as const
  expect(healthSummary(signals.map((signal) => ({ signal })))).toBe('1 stop, 2 normal, 1 not available')
  expect(measureOfHold({ value: 41, limit: 10, unit: 'seconds' })).toBe('41.0 s, limit 10.0 s')
  expect(measureOfHold({ value: null, limit: null, unit: null })).toBeNull()
})
