import { describe, expect, it } from 'vitest'
import { looksPooled } from '../../src/engine/target/open-target.ts'
import { assertSupported, assertWritable, type ServerFacts } from '../../src/engine/target/server-facts.ts'
import { translateConnectError } from '../../src/engine/target/translate-connect-error.ts'

const FACTS: ServerFacts = {
  versionNumber: 150_000,
  version: '15.0',
  isStandby: false,
  isReadOnly: false,
  isPooled: false,
  hasConnectionCheck: true,
  role: 'r',
}
const PARAMETERS = {
  host: 'db',
  port: 5432,
  user: 'ada',
  database: 'app',
  password: async () => 'secret',
  tls: false,
} as const

function codeOf(action: () => void): unknown {
  try {
    action()
    return null
  } catch (error) {
    return (error as { code?: unknown }).code
  }
}

it.each([
  ['a primary of today', {}, null, null],
  ['a standby', { isStandby: true }, null, 'target_standby'],
  ['the oldest server that is known', { versionNumber: 140_000 }, null, null],
  ['an older server', { versionNumber: 139_999 }, 'target_too_old', 'target_too_old'],
] as const)('knows whether %s can be read and written', (_what, change, read, written) => {
  const facts = { ...FACTS, ...change }
  expect([codeOf(() => assertSupported(facts, 'it')), codeOf(() => assertWritable(facts, 'it'))]).toEqual([
    read,
    written,
  ])
})

describe('a connection that cannot be had', () => {
  const serverError = (code: string, message: string): Error =>
    Object.assign(new Error(message), { code, severity: 'FATAL' })

  it.each([
    [serverError('28P01', 'password authentication failed'), 'target_refused_login', 'Check user and password'],
    [serverError('28000', 'no pg_hba.conf entry'), 'target_refused_login', 'pg_hba.conf'],
    [serverError('42501', 'permission denied for database "app"'), 'target_refused_login', 'CONNECT'],
    [serverError('3D000', 'database "app" does not exist'), 'database_missing', 'psql -l'],
    [serverError('53300', 'too many clients already'), 'target_unreachable', 'no free connection slot'],
    [serverError('57P03', 'the database system is starting up'), 'target_unreachable', 'starting up or shutting down'],
    [
      Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' }),
      'target_unreachable',
      'Nothing listens there',
    ],
    [
      Object.assign(new Error('getaddrinfo ENOTFOUND db'), { code: 'ENOTFOUND' }),
      'target_unreachable',
      'does not resolve',
    ],
    [new Error('timeout exceeded when trying to connect'), 'target_unreachable', 'VPN and firewall'],
    [
      new AggregateError([new Error('connect ECONNREFUSED ::1'), new Error('connect ECONNREFUSED 127.0.0.1')]),
      'target_unreachable',
      'Nothing listens there',
    ],
    [new Error('self-signed certificate'), 'target_unreachable', 'sslmode'],
  ])('is told with its reason, and never with the password: %s', (error, code, remedy) => {
    const told = translateConnectError(error, PARAMETERS)
    expect({ code: told.code, remedy: told.remedy }).toEqual({
      code,
      remedy: expect.stringContaining(remedy) as string,
    })
    expect(JSON.stringify([told.message, told.remedy, told.details])).not.toContain('secret')
  })
})

it.each([
  ['db.example.org', 5432, false],
  ['db.example.org', 6432, true],
  ['aws-0-eu.pooler.supabase.com', 5432, true],
  ['ep-cool-lake-123-pooler.eu.aws.neon.tech', 5432, true],
  ['spooler.example.org', 5432, false],
])('takes %s:%i for a pooler: %s', (host, port, isPooled) => {
  expect(looksPooled({ host, port })).toBe(isPooled)
})
