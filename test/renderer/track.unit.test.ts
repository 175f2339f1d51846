import { expect, it } from 'vitest'
import { QUEUEING, trackOf } from '../../src/renderer/src/parts/track.ts'
import type { MigrationStateValue } from '../../src/shared/cli-output.ts'
import { migrationState } from '../support/migration-state.ts'

const JOBS = { pending: 0, running: 0, retriable: 0, blocked: 0, succeeded: 0 }

it.each<[gate: string, state: Partial<MigrationStateValue>]>([
  ['needs to be finished', { jobs: JOBS }],
  ['needs to be finished', { status: 'paused', jobs: { ...JOBS, succeeded: 4 } }],
  ['needs 0 failed jobs', { jobs: { ...JOBS, retriable: 1 } }],
  ['needs 0 failed jobs', { status: 'failed', jobs: { ...JOBS, blocked: 1 } }],
  ['needs its checks run', { status: 'finished', jobs: { ...JOBS, succeeded: 5 } }],
])('before its checks a migration %s: %j', (gate, state) => {
  const view = { state: migrationState(state), readAtMs: 0, run: null, proving: null }
  const verify = trackOf(view, { proof: null, nowMs: 0, isSilent: false }).find(({ name }) => name === 'verify')
  expect(verify?.note).toBe(gate)
})

it('before it is queued, too, verifying needs it to be finished', () => {
  expect(QUEUEING.find(({ name }) => name === 'verify')?.note).toBe('needs to be finished')
})
