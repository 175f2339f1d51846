import { expect, test } from 'vitest'
import { redact, redactText } from '../../../src/host/system/redact.ts'

test.each([
  ['cannot reach postgres://anna:s3:cret@db/app?x=1', 'cannot reach postgres://anna:[redacted]@db/app?x=1'],
  ['http://127.0.0.1:4000/?token=abc-def', 'http://127.0.0.1:4000/?token=[redacted]'],
  ['host=db password=hush user=anna', 'host=db password=[redacted] user=anna'],
  [`PGPASSWORD='a b' psql`, 'PGPASSWORD=[redacted] psql'],
  ['{"password": "hush"}', '{"password": [redacted]}'],
  ['password authentication failed for user "anna"', 'password authentication failed for user "anna"'],
  ['postgres://anna@db:5432/app at 10:30', 'postgres://anna@db:5432/app at 10:30'],
])('%s', (text, redacted) => {
  expect(redactText(text)).toBe(redacted)
})

test('what is named like a secret goes at any depth, and everything else stays', () => {
  const value = {
    message: 'x',
    count: 2,
    none: null,
    inner: [{ sslpassword: 'hush', at: 'postgres://a:hush@db/x' }],
    token: 'hush',
  }

  expect(redact(value)).toEqual({
    message: 'x',
    count: 2,
    none: null,
    inner: [{ sslpassword: '[redacted]', at: 'postgres://a:[redacted]@db/x' }],
    token: '[redacted]',
  })
})
