import fc from 'fast-check'
import { expect, it } from 'vitest'
import { z } from 'zod'
import { contract } from '../../src/shared/contract.ts'
import { createClientOf, createServerOf, MAX_REQUEST_BYTES, takes } from '../../src/shared/rpc.ts'
import { TrancheError } from '../../src/shared/errors.ts'

const small = {
  'sum.of': takes(z.strictObject({ a: z.int(), b: z.int().default(1) })).returns<number>(),
  'sum.fails': takes(z.undefined()).returns<null>(),
} as const

const serve = createServerOf(small, {
  'sum.of': ({ a, b }) => Promise.resolve(a + b),
  'sum.fails': () =>
    Promise.reject(new TrancheError('table_busy', 'somebody writes it', { remedy: 'Wait.', details: { who: 'anna' } })),
})
const client = { clientId: 'test' }
const call = createClientOf<typeof small>({ request: (method, input) => serve(method, input, client) })

it('answers a call, with defaults filled in', async () => {
  expect(await call('sum.of', { a: 2 })).toBe(3)
})

it('throws on this side what was thrown on the other', async () => {
  await expect(call('sum.fails')).rejects.toMatchObject({
    code: 'table_busy',
    message: 'somebody writes it',
    remedy: 'Wait.',
    details: { who: 'anna' },
  })
})

it('refuses an input that cannot travel, and one that is too long', async () => {
  const circle: Record<string, unknown> = {}
  circle.self = circle
  const replies = await Promise.all(
    [circle, { a: 1n }, { a: 1, b: 1, c: 'x'.repeat(MAX_REQUEST_BYTES) }].map((input) =>
      serve('sum.of', input, client),
    ),
  )

  expect(replies.map((reply) => (reply.ok ? 'ok' : reply.error.code))).toEqual([
    ...['bad_input', 'bad_input', 'message_too_large'],
  ])
})

it('answers whatever is sent with an envelope, and never with a value it was not asked for', async () => {
  const handlers = Object.fromEntries(
    Object.keys(contract).map((method) => [method, () => Promise.resolve('reached')]),
  ) as never // stands for all of them: what is tried here is who reaches one
  const server = createServerOf(contract, handlers)
  const methods = fc.oneof(fc.string(), fc.anything(), fc.constantFrom(...Object.keys(contract)))

  await fc.assert(
    fc.asyncProperty(methods, fc.anything(), async (method, input) => {
      const reply = await server(method, input, client)
      if (!reply.ok) return ['unknown_method', 'bad_input', 'message_too_large'].includes(reply.error.code)
      return typeof method === 'string' && Object.hasOwn(contract, method)
    }),
    { numRuns: 500 },
  )
})

it('takes no object with more in it than the call says', () => {
  const open = Object.entries(contract).flatMap(([method, { input }]) => {
    const parsed = input.safeParse({ 'no call has this': 1 })
    return parsed.success ? [method] : []
  })

  expect(open).toEqual([])
})
