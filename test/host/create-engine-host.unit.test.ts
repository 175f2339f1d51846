import { expect, test } from 'vitest'
import { applicationName } from '../../src/host/create-engine-host.ts'

test('application_name says who works, in the 63 bytes that a server keeps', () => {
  expect(applicationName('0.1.0', 'anna')).toBe('tranche/0.1.0 anna')
  const long = applicationName('0.1.0', 'ä'.repeat(60))
  expect(Buffer.byteLength(long)).toBe(62)
  expect(long).toBe(`tranche/0.1.0 ${'ä'.repeat(24)}`)
})
