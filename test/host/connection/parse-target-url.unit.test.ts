import { expect, test } from 'vitest'
import { parseTargetUrl } from '../../../src/host/connection/parse-target-url.ts'
import { TrancheError } from '../../../src/shared/errors.ts'

test.each([
  ['postgres://db.example.com', { host: 'db.example.com' }],
  ['postgresql://anna@db:6432/app', { user: 'anna', host: 'db', port: '6432', dbname: 'app' }],
  ['postgres://anna:p%40ss%2Fw%3Ard@db/app', { user: 'anna', password: 'p@ss/w:rd', host: 'db', dbname: 'app' }],
  ['postgres://anna:a@b@db/app', { user: 'anna', password: 'a@b', host: 'db', dbname: 'app' }],
  ['postgres://[::1]:5433/app', { host: '::1', port: '5433', dbname: 'app' }],
  ['postgres://%2Fvar%2Frun%2Fpostgresql/app', { host: '/var/run/postgresql', dbname: 'app' }],
  ['postgres:///app?host=/tmp&port=5433', { dbname: 'app', host: '/tmp', port: '5433' }],
  ['postgres:///', {}],
  ['postgres://?service=staging', { service: 'staging' }],
  [
    'postgres://db/app?sslmode=verify-full&sslrootcert=/ca.pem',
    { host: 'db', dbname: 'app', sslmode: 'verify-full', sslrootcert: '/ca.pem' },
  ],
  ['postgres://db/app?ssl=true', { host: 'db', dbname: 'app', sslmode: 'require' }],
  ['postgres://db/na%20me', { host: 'db', dbname: 'na me' }],
  ['postgres://db/app?target_session_attrs=read-write&channel_binding=prefer', { host: 'db', dbname: 'app' }],
])('%s', (url, settings) => {
  expect(parseTargetUrl(url)).toEqual(settings)
})

test.each([
  ['mysql://db/app', 'begins with postgres://'],
  ['db.example.com', 'begins with postgres://'],
  ['postgres://a:1,b:2/app', 'several hosts'],
  ['postgres://a,b/app', 'several hosts'],
  ['postgres:///app?host=a,b', 'several hosts'],
  ['postgres://db:port/app', 'host and port'],
  ['postgres://::1/app', 'host and port'],
  ['postgres://db/app/more', 'cannot be read'],
  ['postgres://anna:%zz@db/app', 'broken percent escape'],
  ['postgres://db/app?options=-csearch_path%3Dx', '"options", which is not supported'],
  ['postgres://db/app?hostaddr=10.0.0.1', '"hostaddr", which is not supported'],
  ['postgres://db/app?channel_binding=require', '"channel_binding", which is not supported'],
  ['postgres://db/app?sslnegotiation=direct', '"sslnegotiation", which is not supported'],
  ['postgres://db/app?constructor=1', '"constructor", which is not supported'],
])('%s is refused', (url, message) => {
  expect(() => parseTargetUrl(url)).toThrow(message)
})

test('a refusal never repeats the URL, whose password it may hold', () => {
  for (const url of [
    'postgres://anna:hush/hush@db/app',
    'postgres:/anna:hush@db',
    'postgres://anna:hush@db:x/app',
    'postgres://anna:hush%zz@db/app',
  ]) {
    try {
      parseTargetUrl(url)
      expect.unreachable()
    } catch (error) {
      expect(error).toBeInstanceOf(TrancheError)
      expect(
        JSON.stringify([String(error), (error as TrancheError).remedy, (error as TrancheError).details]),
      ).not.toContain('hush')
    }
  }
})
