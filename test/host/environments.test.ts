/** The environment of a connection decides what has to be confirmed, so it is not changed by a slip. */
import { expect, it } from 'vitest'
import { type Client, createClient } from '../../src/shared/contract.ts'
import type { Environment } from '../../src/shared/confirmations.ts'
import { setupConsole } from '../support/console-setup.ts'
import { openTransport } from '../support/transports.ts'

async function setup(): Promise<{ readonly call: Client }> {
  const { backend } = await setupConsole()
  return { call: createClient((await openTransport('in-process', backend)).transport) }
}

function draft(environment: Environment, { name = 'orders', host = 'db.example' } = {}) {
  return { name, environment, place: { kind: 'url', url: `postgres://anna@${host}/app?sslmode=require` } } as const
}

const warningsOf = async (call: Client): Promise<Record<string, readonly string[]>> =>
  Object.fromEntries((await call('connections.list')).map(({ name, warnings }) => [name, warnings]))

it('takes production from a connection only with the typed phrase, given for that very change', async () => {
  const { call } = await setup()
  const { connectionId } = await call('connections.add', draft('production'))
  const change = async (environment: Environment, confirmed?: { nonce: string; phrase: string | null }) =>
    call('connections.change', {
      connectionId,
      ...draft(environment),
      ...(confirmed === undefined ? {} : { confirmed }),
    })
  const begin = async (environment: Environment) => {
    const { nonce, phrase, confirmation } = await call('connections.beginLowering', { connectionId, environment })
    expect(confirmation).toBe('phrase')
    return { nonce, phrase }
  }

  await expect(change('practice')).rejects.toMatchObject({ code: 'confirmation_required' })
  const wrong = await begin('practice')
  expect(wrong.phrase).toBe('lower orders on app')
  await expect(change('practice', { nonce: wrong.nonce, phrase: 'lower Orders on app' })).rejects.toMatchObject({
    code: 'confirmation_required',
  })
  const other = await begin('staging')
  await expect(change('practice', other)).rejects.toMatchObject({ code: 'confirmation_expired' })
  expect(await call('connections.list')).toMatchObject([{ environment: 'production' }])

  await change('staging', await begin('staging'))

  expect(await call('connections.list')).toMatchObject([
    { environment: 'staging', warnings: [expect.stringMatching(/^it was production until \d{4}-\d\d-\d\d/)] },
  ])
  await change('development')
  expect(await change('production')).toMatchObject({ environment: 'production', warnings: [] })
})

it('warns of the same database under another environment, also where its connection was removed', async () => {
  const { call } = await setup()
  const { connectionId } = await call('connections.add', draft('production'))
  await call('connections.add', draft('development', { name: 'sandbox', host: 'DB.example' }))
  await call('connections.add', draft('development', { name: 'elsewhere', host: 'other.example' }))

  expect(await warningsOf(call)).toEqual({
    orders: ['the connection "sandbox" leads to the same database as development'],
    sandbox: ['the connection "orders" leads to the same database as production'],
    elsewhere: [],
  })

  await call('connections.remove', { connectionId })

  expect(await warningsOf(call)).toEqual({
    sandbox: [
      expect.stringMatching(/^it was production as "orders", a connection that was removed on \d{4}-\d\d-\d\d$/),
    ],
    elsewhere: [],
  })
})
