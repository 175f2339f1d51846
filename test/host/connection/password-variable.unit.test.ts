import { expect, test } from 'vitest'
import { findPasswordVariable } from '../../../src/host/connection/password-variable.ts'

const PLACE = { host: 'db.example', port: 5432, user: 'anna', database: 'app' }

test.each([
  ['alone', {}, 'staging', true],
  ['beside variables that name this place', { PGHOST: 'db.example', PGPORT: '5432', PGUSER: 'anna' }, 'staging', true],
  ['beside another host', { PGHOST: 'other.example' }, 'staging', false],
  ['beside another port', { PGPORT: '6432' }, 'staging', false],
  ['beside another user', { PGUSER: 'otto' }, 'staging', false],
  ['beside another database', { PGDATABASE: 'other' }, 'staging', false],
  ['beside a service, whose place it may be of', { PGSERVICE: 'app' }, 'staging', false],
  ['alone, for production', {}, 'production', false],
  ['beside the host, for production', { PGHOST: 'db.example' }, 'production', true],
] as const)('PGPASSWORD %s: %s', (_how, variables, environment, isTaken) => {
  const found = findPasswordVariable(PLACE, environment, { PGPASSWORD: 'p', ...variables })

  expect(found).toBe(isTaken ? 'p' : null)
})
