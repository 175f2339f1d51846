import { expect, it } from 'vitest'
import { readGates } from '../../src/host/backend/finalize-gates.ts'
import { migrationState } from '../support/migration-state.ts'

const gatesOf = (jobs: object): ReturnType<typeof readGates> =>
  readGates({
    state: migrationState({ status: 'failed', jobs: { ...NO_JOBS, ...jobs } }),
    verification: null,
    loaded: undefined,
    requiredStops: [],
  })

const NO_JOBS = { pending: 0, running: 0, retriable: 0, blocked: 0, succeeded: 5 }

it('says that jobs which used their attempts are tried again, and that nothing settles why they failed', () => {
  const { gates, effects } = gatesOf({ blocked: 2, retriable: 1 })

  expect(gates[0]).toMatchObject({
    name: 'jobs',
    outcome: 'unsettled',
    detail: '2 jobs failed with all attempts used; 1 other job not succeeded yet',
  })
  expect(effects[0]?.detail).toBe(
    'Gives 2 failed jobs three attempts more, then runs what is left inline; a job that fails for good stops here',
  )
})

it('says that finalizing settles a mere remainder', () => {
  const { gates, effects } = gatesOf({ pending: 3 })

  expect(gates[0]).toMatchObject({ name: 'jobs', outcome: 'open' })
  expect(effects[0]?.detail).toBe('Runs what is left inline; a job that fails for good stops here')
})
